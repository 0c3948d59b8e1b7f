import {
  type CatalogIssue,
  didYouMean,
  type Metadata,
  type NamedMetadata,
  type namedLists,
} from '../../catalog/index.ts';
import { type WorkflowDefinition, type WorkflowFault, workflowFaults } from '../../workflow/index.ts';
import { rolesOf } from '../roles/known-roles.ts';

/** All problems of the workflows in metadata, and of the event triggers that start them. */
export function workflowIssues(metadata: Metadata): readonly CatalogIssue[] {
  const { workflows = [] } = metadata;
  const missing = missingWorkflows(metadata);
  if (workflows.length === 0) return missing;
  const roles = new Set(rolesOf(metadata));
  return [
    ...missing,
    ...workflows.flatMap((entry, index) => faultIssues('workflows', entry, index, workflowFaults(entry))),
    ...repeatedNames('workflows', workflows),
    ...workflows.flatMap((entry, index) => roleNotes(entry, index, roles)),
  ];
}

/** Event triggers whose workflow is not there. Their deliveries are tried again until it is. */
function missingWorkflows({ tables, workflows = [] }: Metadata): CatalogIssue[] {
  const names = new Set(workflows.map(({ name }) => name));
  return tables.flatMap(({ event_triggers: triggers = [] }, index) =>
    triggers.flatMap(({ name, workflow }, at): CatalogIssue[] => {
      if (workflow === undefined || names.has(workflow)) return [];
      const reason = `starts the workflow "${workflow}", which is not there${didYouMean(workflow, names)}`;
      const path = ['tables', index, 'event_triggers', at, 'workflow'];
      return [{ severity: 'error', where: `event trigger ${name}`, reason, path }];
    }),
  );
}

/** The workflows of metadata that can be run: without a fault, and of several with one name the first one. */
export function validWorkflows({ workflows = [] }: Metadata): readonly WorkflowDefinition[] {
  const found = new Map<string, WorkflowDefinition>();
  for (const entry of workflows)
    if (!found.has(entry.name) && workflowFaults(entry).length === 0)
      found.set(entry.name, entry as unknown as WorkflowDefinition);
  return [...found.values()];
}

type ListName = (typeof namedLists)[number];

const nouns: Readonly<Record<ListName, string>> = {
  workflows: 'workflow',
  hooks: 'hook',
  syncs: 'sync',
  cron_triggers: 'cron trigger',
};

/** The faults of an entry, with their places. */
export function faultIssues(
  list: ListName,
  entry: NamedMetadata,
  index: number,
  faults: readonly WorkflowFault[],
): CatalogIssue[] {
  return faults.map(({ place, message }) => ({
    severity: 'error',
    where: `${nouns[list]} ${entry.name}`,
    reason: place === '' ? message : `${spelledPlace(place, entry)} ${message}`,
    path: [list, index, ...stepsOf(place)],
  }));
}

/** A second entry with the same name is left out. */
export function repeatedNames(list: ListName, entries: readonly NamedMetadata[]): CatalogIssue[] {
  const seen = new Set<string>();
  return entries.flatMap(({ name }, index): CatalogIssue[] => {
    const isRepeated = seen.has(name);
    seen.add(name);
    if (!isRepeated) return [];
    const reason = 'has the name of an entry before it, and is left out';
    return [{ severity: 'error', where: `${list} ${name}`, reason, path: [list, index, 'name'] }];
  });
}

function roleNotes(entry: NamedMetadata, index: number, roles: ReadonlySet<string>): CatalogIssue[] {
  const { name, role } = entry;
  if (typeof role !== 'string' || roles.has(role)) return [];
  const reason = `runs as the role ${role}, which has no permissions${didYouMean(role, roles)}`;
  return [{ severity: 'note', where: `workflow ${name}`, reason, path: ['workflows', index, 'role'] }];
}

/** `/steps/0/then/1` as `['steps', 0, 'then', 1]`. */
function stepsOf(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
}

/** `steps[0] (load).document`: with the ids of steps. */
function spelledPlace(pointer: string, entry: NamedMetadata): string {
  let value: unknown = entry;
  let text = '';
  for (const part of stepsOf(pointer)) {
    value = (value as Readonly<Record<string | number, unknown>> | null | undefined)?.[part];
    const id = (value as { readonly id?: unknown } | null | undefined)?.id;
    const own = typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${part}`;
    text += typeof id === 'string' && typeof part === 'number' ? `${own} (${id})` : own;
  }
  return text;
}
