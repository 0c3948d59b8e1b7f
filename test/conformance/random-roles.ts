import type {
  BoolExp,
  Catalog,
  InheritedRoleMetadata,
  SelectPermissionMetadata,
  Table,
  TableMetadata,
} from '../../src/catalog/index.ts';
import { Dice } from './dice.ts';
import { canOrder } from './operations.ts';
import { type Claims, passesRule, type RuleContext, type RuleWishes, randomRule } from './random-rules.ts';
import { rowsOfTable } from './tables.ts';
import type { Row } from './values.ts';
import { seenRow, under, type VisibleRows } from './visible-rows.ts';

/** What a random role may do with one table, in the words of the metadata. */
export interface RandomGrant {
  readonly table: Table;
  readonly select: SelectPermissionMetadata & { readonly columns: readonly string[] };
  readonly insert: readonly string[] | null;
  readonly update: readonly string[] | null;
}

/** A role, what it may do, and one session of it. */
export interface RandomRole {
  readonly name: string;
  /** The permissions of the roles that it inherits from, or its own. */
  readonly grants: readonly (readonly RandomGrant[])[];
  readonly claims: ReadonlyMap<string, unknown>;
  readonly tables: readonly TableMetadata[];
  readonly inherited: readonly InheritedRoleMetadata[];
}

/** The n-th random role over the fixtures, named `role_<seed>`; every third inherits from others. */
export function randomRole(catalog: Catalog, seed: number): RandomRole {
  const dice = new Dice(seed * 7919 + 13);
  const claims: Claims = new Map();
  const tables = allTables(catalog);
  const name = `role_${seed}`;
  const parents = seed % 3 === 0 ? 2 + dice.whole(2) : 0;
  const wishes: RuleWishes = { dice, claims, tables };
  const names = parents === 0 ? [name] : Array.from({ length: parents }, (_, at) => `${name}_${at}`);
  const grants = names.map(() => grantsOf(wishes));
  return {
    name,
    grants,
    claims,
    tables: names.flatMap((role, at) => grants[at]!.map((grant) => metadataOf(role, grant))),
    inherited: parents === 0 ? [] : [{ role_name: name, role_set: names }],
  };
}

/** Every table of a catalog. */
export function allTables(catalog: Catalog): Table[] {
  return [...catalog.sources.values()].flatMap(({ tables }) => tables);
}

function grantsOf(wishes: RuleWishes): RandomGrant[] {
  const { dice, tables } = wishes;
  return tables
    .filter(() => dice.chance(60))
    .map((table): RandomGrant => {
      const writes = () => (dice.chance(30) ? dice.some(table.columns, 1, 4).map(({ name }) => name) : null);
      return {
        table,
        select: selectOf(wishes, table),
        insert: table.insertable ? writes() : null,
        update: table.updatable ? writes() : null,
      };
    });
}

function selectOf(wishes: RuleWishes, table: Table): RandomGrant['select'] {
  const { dice } = wishes;
  const key = table.primaryKey?.columns ?? [];
  const orderable = dice.some(
    table.columns.filter((column) => canOrder(table, column)),
    1,
    1,
  );
  const more = dice.some(table.columns, 0, table.columns.length);
  const columns = [...new Set([...key, ...orderable, ...more])];
  const maskable = columns.filter((column) => !key.includes(column));
  const masked = dice.chance(50) ? dice.some(maskable, 0, 3) : [];
  return {
    columns: columns.map(({ name }) => name),
    filter: dice.chance(35) ? {} : randomRule(wishes, table),
    limit: dice.chance(20) ? 1 + dice.whole(6) : null,
    allow_aggregations: dice.chance(60),
    query_root_fields: dice.chance(10)
      ? dice.some(['select', 'select_by_pk', 'select_aggregate'] as const, 0, 3)
      : null,
    masks: Object.fromEntries(masked.map(({ name }) => [name, randomRule(wishes, table)])),
  };
}

function metadataOf(role: string, { table, select, insert, update }: RandomGrant): TableMetadata {
  return {
    source: table.source.name,
    table: table.name,
    select_permissions: [{ role, permission: select }],
    ...(insert === null
      ? {}
      : { insert_permissions: [{ role, permission: { columns: insert, check: {} } }] }),
    ...(update === null
      ? {}
      : { update_permissions: [{ role, permission: { columns: update, filter: {} } }] }),
  };
}

/** Entries of several roles, one for each table. */
export function mergedTables(entries: readonly TableMetadata[]): TableMetadata[] {
  const merged = new Map<string, TableMetadata>();
  for (const entry of entries) {
    const key = JSON.stringify([entry.source, entry.table]);
    const known = merged.get(key);
    merged.set(key, known === undefined ? entry : joined(known, entry));
  }
  return [...merged.values()];
}

function joined(one: TableMetadata, other: TableMetadata): TableMetadata {
  return {
    source: one.source,
    table: one.table,
    select_permissions: [...(one.select_permissions ?? []), ...(other.select_permissions ?? [])],
    insert_permissions: [...(one.insert_permissions ?? []), ...(other.insert_permissions ?? [])],
    update_permissions: [...(one.update_permissions ?? []), ...(other.update_permissions ?? [])],
  };
}

/** The session of a role as texts: lists as JSON, everything else as it is spelled. */
export function sessionTexts({ claims }: RandomRole): Map<string, string> {
  return new Map(
    [...claims].map(([name, value]) => [name, Array.isArray(value) ? JSON.stringify(value) : String(value)]),
  );
}

/** The rows that a role sees, computed in memory from its permissions. */
export function visibleRowsOf(role: Pick<RandomRole, 'grants' | 'claims'>, catalog: Catalog): VisibleRows {
  const context: RuleContext = { claims: role.claims, tables: allTables(catalog) };
  const known = new Map<string, readonly Row[]>();
  const selectsOf = (id: string) =>
    role.grants.flatMap((grants) => grants.filter(({ table }) => table.id === id));
  return {
    rows({ id }) {
      let rows = known.get(id);
      if (rows === undefined) {
        rows = seenRows(context, selectsOf(id));
        known.set(id, rows);
      }
      return rows;
    },
    limit({ id }) {
      const limits = selectsOf(id).map(({ select }) => select.limit ?? null);
      return limits.includes(null) ? null : Math.max(...(limits as number[]));
    },
  };
}

function seenRows(context: RuleContext, granted: readonly RandomGrant[]): Row[] {
  const [first] = granted;
  if (first === undefined) return [];
  const { table } = first;
  const passes = (row: Row, rule: BoolExp) => passesRule(context, table, row, rule) === true;
  return under(null, () => rowsOfTable(table)).flatMap((row): Row[] => {
    const granting = granted.filter(({ select }) => passes(row, select.filter));
    if (granting.length === 0) return [];
    const seen: Record<string, Row[string]> = {};
    for (const { select } of granted) for (const name of select.columns) seen[name] ??= null;
    for (const { select } of granting)
      for (const name of select.columns) {
        const mask = select.masks?.[name];
        if (mask === undefined || passes(row, mask)) seen[name] = row[name]!;
      }
    return [seenRow(row, seen)];
  });
}
