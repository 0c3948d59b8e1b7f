import { type Metadata, namedLists } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { checkAgainst } from '../metadata/validate.ts';
import type { MetadataEdit } from './edit.ts';

/** Replaces the whole metadata by a document. Fails with FozError `validation-failed` for invalid metadata. */
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

/** Throws FozError `validation-failed` with all violations of the JSON Schema in changed entries. */
export function refuseMalformed(before: Metadata, after: Metadata): void {
  const known = new Set<unknown>(before.tables);
  const tables = after.tables
    .filter((entry) => !known.has(entry))
    .flatMap((entry) => {
      const name = typeof entry.table === 'string' ? entry.table : entry.table.name;
      return atPlace(`${entry.source}.${name}`, checkAgainst('table', entry));
    });
  const lists = (['inherited_roles', ...namedLists] as const).flatMap((name) =>
    after[name] === before[name] ? [] : atPlace(name, checkAgainst(name, after[name] ?? [])),
  );
  if (tables.length + lists.length > 0) throw noMetadataError([...tables, ...lists]);
}

interface Problem {
  readonly where: string;
  readonly message: string;
}

function atPlace(place: string, problems: readonly Problem[]): Problem[] {
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
