import type { Metadata } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { checkAgainst } from '../metadata/validate.ts';
import type { MetadataEdit } from './edit.ts';

/** Another document in the place of the whole metadata. Fails with FozError `validation-failed` for one that is no metadata. */
export function replaceMetadata(document: unknown, operation = 'metadata.replace'): MetadataEdit {
  return {
    operation,
    apply: () => {
      const problems = checkAgainst('metadata', document);
      if (problems.length > 0) throw noMetadataError(problems);
      return document as Metadata;
    },
  };
}

/** Everything in which changed entries are not as the JSON Schema says, as one FozError `validation-failed`; throws it. */
export function refuseMalformed(before: Metadata, after: Metadata): void {
  const known = new Set<unknown>(before.tables);
  const tables = after.tables
    .filter((entry) => !known.has(entry))
    .flatMap((entry) => {
      const name = typeof entry.table === 'string' ? entry.table : entry.table.name;
      return told(`${entry.source}.${name}`, checkAgainst('table', entry));
    });
  const roles =
    after.inherited_roles === before.inherited_roles
      ? []
      : told('inherited_roles', checkAgainst('inheritedRoles', after.inherited_roles ?? []));
  if (tables.length + roles.length > 0) throw noMetadataError([...tables, ...roles]);
}

interface Problem {
  readonly where: string;
  readonly message: string;
}

function told(place: string, problems: readonly Problem[]): Problem[] {
  return problems.map(({ where, message }) => ({
    where: where === 'file' ? place : `${place}: ${where}`,
    message,
  }));
}

function noMetadataError(problems: readonly Problem[]): FozError {
  const issues = problems.map(({ where, message }) => ({ severity: 'error', where, reason: message }));
  return new FozError(
    'validation-failed',
    issues.map(({ where, reason }) => `${where}: ${reason}`).join('\n'),
    {
      details: { issues },
    },
  );
}
