import type { AllowedVariables } from '../../access/index.ts';
import { type CatalogIssue, didYouMean, type Metadata, type NamedMetadata } from '../../catalog/index.ts';
import { type HookDefinition, hookFaults, pathOfHook, type WorkflowFault } from '../../workflow/index.ts';
import { faultIssues, repeatedNames } from './issues.ts';

/** All problems of the inbound webhooks in metadata. */
export function hookIssues(
  { hooks = [], workflows = [] }: Metadata,
  variables: AllowedVariables,
): readonly CatalogIssue[] {
  const names = new Set(workflows.map(({ name }) => name));
  const paths = new Map<string, string>();
  return [
    ...hooks.flatMap((entry, index) => faultIssues('hooks', entry, index, hookFaults(entry))),
    ...hooks.flatMap((entry, index) => faultIssues('hooks', entry, index, variableFaults(entry, variables))),
    ...repeatedNames('hooks', hooks),
    ...hooks.flatMap((entry, index): CatalogIssue[] => {
      const where = `hook ${entry.name}`;
      const { workflow } = entry;
      const found: CatalogIssue[] = [];
      if (typeof workflow === 'string' && !names.has(workflow)) {
        const reason = `starts the workflow "${workflow}", which is not there${didYouMean(workflow, names)}`;
        found.push({ severity: 'error', where, reason, path: ['hooks', index, 'workflow'] });
      }
      const path = pathOfHook(entry as unknown as HookDefinition);
      const other = paths.get(path);
      if (other === undefined) paths.set(path, entry.name);
      else if (other !== entry.name) {
        const reason = `has the path of the webhook ${other}, and is left out`;
        found.push({ severity: 'error', where, reason, path: ['hooks', index, 'path'] });
      }
      return found;
    }),
  ];
}

/** Secrets that are in environment variables which metadata may not use. Malformed parts are faults of `hookFaults`. */
function variableFaults(entry: NamedMetadata, variables: AllowedVariables): WorkflowFault[] {
  const { auth, challenge } = entry as unknown as Partial<HookDefinition>;
  const places: [string, unknown][] = [['/challenge/token', at(challenge, 'token')]];
  for (const list of ['passwords', 'tokens', 'keys', 'secrets']) {
    const refs = at(auth, list);
    if (Array.isArray(refs))
      places.push(...refs.map((ref, index): [string, unknown] => [`/auth/${list}/${index}`, ref]));
  }
  return places.flatMap(([place, ref]) => {
    const name = at(ref, 'env');
    const message = typeof name === 'string' ? variables.refusal(name) : null;
    return message === null ? [] : [{ place, message: `is refused: ${message}.` }];
  });
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

/** The webhooks of metadata without a fault. */
export function validHooks({ hooks = [] }: Metadata): readonly HookDefinition[] {
  const found = new Map<string, HookDefinition>();
  for (const entry of hooks)
    if (!found.has(entry.name) && hookFaults(entry).length === 0)
      found.set(entry.name, entry as unknown as HookDefinition);
  return [...found.values()];
}
