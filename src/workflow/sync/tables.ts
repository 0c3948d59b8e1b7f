import { TableRows } from '../../execute/index.ts';
import type { Connector } from '../../plan/index.ts';
import type { SyncStore } from '../../store/index.ts';
import type { Expressions } from '../expressions/index.ts';
import type { SideName } from './definition.ts';
import { Mapping } from './mapping.ts';
import type { ResolvedSide, ResolvedSync } from './resolve.ts';

/** Reads and writes the tables of a sync. */
export interface SyncTables {
  readonly sync: ResolvedSync;
  readonly mapping: Mapping;
  readonly left: TableRows;
  readonly right: TableRows;
  readonly store: SyncStore;
}

export function tablesOf(
  sync: ResolvedSync,
  connectors: Readonly<Record<SideName, Connector>>,
  expressions: Expressions,
  store: SyncStore,
): SyncTables {
  const rows = (side: ResolvedSide) => new TableRows({ connector: connectors[side.name], ...side });
  return {
    sync,
    mapping: new Mapping(sync, expressions),
    left: rows(sync.left),
    right: rows(sync.right),
    store,
  };
}
