import type { Catalog, CatalogIssue, Metadata } from '../../catalog/index.ts';
import { type ResolvedSync, resolveSync, type SyncDefinition, syncFaults } from '../../workflow/index.ts';
import { faultIssues, repeatedNames } from '../workflows/issues.ts';

/** All problems of the syncs in metadata. */
export function syncIssues({ syncs = [] }: Metadata, catalog: Catalog): readonly CatalogIssue[] {
  return [
    ...syncs.flatMap((entry, index) => {
      const own = syncFaults(entry);
      const definition = entry as unknown as SyncDefinition;
      const faults = own.length > 0 ? own : resolveSync(catalog, definition).faults;
      return faultIssues('syncs', entry, index, faults);
    }),
    ...repeatedNames('syncs', syncs),
  ];
}

/** A sync of the metadata; `sync`: `null` where it cannot run, for the reason in `problem`. */
export interface ValidSync {
  readonly definition: SyncDefinition;
  readonly sync: ResolvedSync | null;
  readonly problem: string | null;
  /** Whether its tables do not fit any more. A source that is away is no such fault. */
  readonly isBroken: boolean;
}

/** The syncs of metadata without faults of their own. Where their tables do not fit any more, they stop. */
export function validSyncs(
  { syncs = [] }: Metadata,
  catalog: Pick<Catalog, 'sources'>,
): readonly ValidSync[] {
  const found = new Map<string, ValidSync>();
  for (const entry of syncs) {
    const definition = entry as unknown as SyncDefinition;
    if (found.has(entry.name) || syncFaults(entry).length > 0) continue;
    if (definition.enabled === false) {
      found.set(entry.name, {
        definition,
        sync: null,
        problem: 'It is disabled (enabled: false).',
        isBroken: false,
      });
      continue;
    }
    const { sync, faults } = resolveSync(catalog, definition);
    const problem =
      faults.length === 0 ? null : faults.map(({ place, message }) => `${place} ${message}`).join(' ');
    const isBroken = faults.length > 0 && faults.every(({ place }) => !place.endsWith('/source'));
    found.set(entry.name, { definition, sync, problem, isBroken });
  }
  return [...found.values()];
}
