import type { SourceName } from '../core/index.ts';
import type { CatalogIssue, Column, Relationship, Source, Table } from './catalog.ts';
import type { ForeignKeyFacts, TableFacts } from './facts.ts';
import type {
  RelationshipMetadata,
  RemoteRelationshipMetadata,
  TableMetadata,
  TableName,
} from './metadata.ts';
import { familyOf, type ScalarFamily } from './scalars.ts';

/** A table under construction: its relationships are still being added. */
export interface Draft {
  readonly table: Table;
  readonly relationships: Relationship[];
  readonly facts: TableFacts;
  readonly metadata: TableMetadata | undefined;
}

type Pairs = Relationship['mapping'];

/** Adds relationships of foreign keys in both directions, then those that metadata declares, within and across sources. */
export function addRelationships(
  sources: ReadonlyMap<SourceName, Source>,
  drafts: readonly Draft[],
  issues: CatalogIssue[],
): void {
  const byName = new Map<string, Draft>();
  for (const draft of drafts)
    byName.set(identity(draft.table.source.name, draft.table.namespace, draft.table.name), draft);
  const find = (source: string, table: TableName): Draft | undefined => {
    const fallback = sources.get(source as SourceName)?.defaultNamespace ?? null;
    if (typeof table === 'string')
      return byName.get(identity(source, fallback, table)) ?? byName.get(identity(source, null, table));
    return (
      byName.get(identity(source, table.schema ?? fallback, table.name)) ??
      byName.get(identity(source, null, table.name))
    );
  };
  for (const draft of drafts) addDeclared(draft, find, issues);
  const incoming = new Map<Draft, { from: Draft; key: ForeignKeyFacts; pairs: Pairs }[]>();
  for (const draft of drafts) {
    for (const key of draft.facts.foreignKeys) {
      const to = byName.get(identity(draft.table.source.name, key.toNamespace, key.toTable));
      const pairs = to === undefined ? null : pairsOf(draft.table, to.table, key.columns, key.toColumns);
      if (to === undefined || pairs === null) continue;
      addOutgoing(draft, to, key, pairs);
      const list = incoming.get(to);
      if (list === undefined) incoming.set(to, [{ from: draft, key, pairs }]);
      else list.push({ from: draft, key, pairs });
    }
  }
  for (const [to, list] of incoming) for (const entry of list) addIncoming(to, entry, list, issues);
}

function identity(source: string, namespace: string | null, name: string): string {
  return JSON.stringify([source, namespace, name]);
}

function pairsOf(
  from: Table,
  to: Table,
  columns: readonly string[],
  toColumns: readonly string[],
): Pairs | null {
  const pairs = columns.map((name, index) => ({
    from: from.column.get(name),
    to: to.column.get(toColumns[index]!),
  }));
  return pairs.every((pair) => pair.from !== undefined && pair.to !== undefined)
    ? (pairs as unknown as Pairs)
    : null;
}

/** The columns hold all columns of some key, so that at most one row has their values. */
function isKey(table: Table, columns: readonly Column[]): boolean {
  return table.keys.some((key) => key.columns.every((column) => columns.includes(column)));
}

/** `customer_id` -> `customer`, `customerId` -> `customer`; several columns or another ending: the target table. */
function outgoingName(key: ForeignKeyFacts): string {
  if (key.columns.length === 1) {
    const stem = /^(.+?)(?:_id|_ID|Id)$/.exec(key.columns[0]!)?.[1];
    if (stem !== undefined) return stem;
  }
  return key.toTable;
}

function addOutgoing(draft: Draft, to: Draft, key: ForeignKeyFacts, pairs: Pairs): void {
  if (hasSame(draft, to.table, pairs, 'object')) return;
  const suffix = `_by_${key.columns.join('_')}`;
  const name = freeName(draft, [outgoingName(key), `${key.toTable}${suffix}`]);
  draft.relationships.push(
    make(draft.table, to.table, 'object', name, pairs, {
      nullable: pairs.some((pair) => pair.from.nullable),
      owner: 'from',
      comment: null,
    }),
  );
}

function addIncoming(
  to: Draft,
  { from, key, pairs }: { from: Draft; key: ForeignKeyFacts; pairs: Pairs },
  all: readonly { from: Draft }[],
  issues: CatalogIssue[],
): void {
  const reversed = pairs.map((pair) => ({ from: pair.to, to: pair.from }));
  const single = isKey(
    from.table,
    pairs.map((pair) => pair.from),
  );
  const kind = single ? 'object' : 'array';
  if (hasSame(to, from.table, reversed, kind)) return;
  const several = all.filter((other) => other.from === from).length > 1;
  const plain = from.table.name;
  const by = `${plain}_by_${key.columns.join('_')}`;
  const name = freeName(to, several ? [by] : [plain, by]);
  if (name !== plain && !several) {
    issues.push({
      severity: 'note',
      where: `${to.table.id}.${plain}`,
      reason: `the name is taken, so the relationship from ${from.table.id} is called ${name}`,
    });
  }
  to.relationships.push(
    make(to.table, from.table, kind, name, reversed, { nullable: true, owner: 'to', comment: null }),
  );
}

/** Metadata declared the same relationship under a name of its own. */
function hasSame(draft: Draft, to: Table, pairs: Pairs, kind: Relationship['kind']): boolean {
  return draft.relationships.some(
    (other) =>
      other.to === to &&
      other.kind === kind &&
      other.mapping.length === pairs.length &&
      pairs.every((pair) => other.mapping.some((mine) => mine.from === pair.from && mine.to === pair.to)),
  );
}

function isTaken(draft: Draft, name: string): boolean {
  return draft.table.column.has(name) || draft.relationships.some((other) => other.name === name);
}

function freeName(draft: Draft, candidates: readonly string[]): string {
  const free = candidates.find((name) => !isTaken(draft, name));
  if (free !== undefined) return free;
  for (let number = 2; ; number++) {
    const name = `${candidates.at(-1)}_${number}`;
    if (!isTaken(draft, name)) return name;
  }
}

function make(
  from: Table,
  to: Table,
  kind: Relationship['kind'],
  name: string,
  mapping: Pairs,
  rest: Pick<Relationship, 'nullable' | 'owner' | 'comment'>,
): Relationship {
  const unique = isKey(
    to,
    mapping.map((pair) => pair.to),
  );
  return Object.freeze({ name, kind, from, to, mapping, remote: from.source !== to.source, unique, ...rest });
}

function addDeclared(
  draft: Draft,
  find: (source: string, table: TableName) => Draft | undefined,
  issues: CatalogIssue[],
): void {
  const { metadata } = draft;
  for (const kind of ['object', 'array'] as const) {
    const declared =
      (kind === 'object' ? metadata?.object_relationships : metadata?.array_relationships) ?? [];
    for (const entry of declared) {
      const target = localTarget(draft, entry, kind, find);
      declare(draft, entry.name, kind, target, entry.comment ?? null, issues);
    }
  }
  for (const entry of metadata?.remote_relationships ?? []) {
    const { to_source } = entry.definition;
    declare(
      draft,
      entry.name,
      to_source.relationship_type,
      remoteTarget(draft, entry, find),
      entry.comment ?? null,
      issues,
    );
  }
}

type Target = { readonly to: Draft; readonly pairs: Pairs } | string;

function localTarget(
  draft: Draft,
  { using }: RelationshipMetadata,
  kind: 'object' | 'array',
  find: (source: string, table: TableName) => Draft | undefined,
): Target {
  const source = draft.table.source.name;
  if (using.manual_configuration !== undefined) {
    const { remote_table, column_mapping } = using.manual_configuration;
    return mapped(draft, find(source, remote_table), column_mapping);
  }
  const on = using.foreign_key_constraint_on;
  if (on === undefined) return 'needs manual_configuration or foreign_key_constraint_on';
  if (kind === 'object' && (typeof on === 'string' || Array.isArray(on))) {
    const columns = typeof on === 'string' ? [on] : (on as readonly string[]);
    const key = draft.facts.foreignKeys.find((candidate) => sameNames(candidate.columns, columns));
    if (key === undefined) return `there is no foreign key on ${columns.join(', ')}`;
    return mapped(
      draft,
      find(source, { schema: key.toNamespace, name: key.toTable }),
      Object.fromEntries(key.columns.map((name, index) => [name, key.toColumns[index]!])),
    );
  }
  if (typeof on === 'object' && 'table' in on) {
    const from = find(source, on.table);
    const key = from?.facts.foreignKeys.find(
      (candidate) => sameNames(candidate.columns, on.columns) && candidate.toTable === draft.facts.name,
    );
    if (from === undefined || key === undefined)
      return `there is no such foreign key on ${on.columns.join(', ')}`;
    return mapped(
      draft,
      from,
      Object.fromEntries(key.toColumns.map((name, index) => [name, key.columns[index]!])),
    );
  }
  return 'foreign_key_constraint_on does not fit the kind of relationship';
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

function remoteTarget(
  draft: Draft,
  entry: RemoteRelationshipMetadata,
  find: (source: string, table: TableName) => Draft | undefined,
): Target {
  const { source, table, field_mapping } = entry.definition.to_source;
  const to = find(source, table);
  if (to === undefined)
    return `source ${source} has no table ${typeof table === 'string' ? table : table.name}, or is not there`;
  return mapped(draft, to, field_mapping);
}

function mapped(draft: Draft, to: Draft | undefined, mapping: Readonly<Record<string, string>>): Target {
  if (to === undefined) return 'the table it leads to does not exist';
  const entries = Object.entries(mapping);
  if (entries.length === 0) return 'needs at least one pair of columns';
  const pairs: { from: Column; to: Column }[] = [];
  for (const [own, other] of entries) {
    const from = draft.table.column.get(own);
    const target = to.table.column.get(other);
    if (from === undefined) return `${draft.table.id} has no column ${own}`;
    if (target === undefined) return `${to.table.id} has no column ${other}`;
    if (!comparable(from, target))
      return `${draft.table.id}.${own} (${from.nativeType}) cannot equal ${to.table.id}.${other} (${target.nativeType})`;
    pairs.push({ from, to: target });
  }
  return { to, pairs };
}

const numbers: readonly ScalarFamily[] = ['integer', 'decimal'];
const texts: readonly ScalarFamily[] = ['text', 'enum', 'uuid', 'opaque'];

function comparable(a: Column, b: Column): boolean {
  const one = familyOf(a.type.scalar);
  const other = familyOf(b.type.scalar);
  if (a.type.array || b.type.array || one === 'json' || one === 'geometry') return false;
  return one === other || [numbers, texts].some((group) => group.includes(one) && group.includes(other));
}

function declare(
  draft: Draft,
  name: string,
  kind: 'object' | 'array',
  target: Target,
  comment: string | null,
  issues: CatalogIssue[],
): void {
  const where = `${draft.table.id}.${name}`;
  if (typeof target === 'string') {
    issues.push({ severity: 'error', where, reason: target });
    return;
  }
  if (isTaken(draft, name)) {
    issues.push({ severity: 'error', where, reason: 'a column or another relationship has this name' });
    return;
  }
  const owner =
    kind === 'object' &&
    isKey(
      target.to.table,
      target.pairs.map((pair) => pair.to),
    )
      ? 'from'
      : 'to';
  draft.relationships.push(
    make(draft.table, target.to.table, kind, name, target.pairs, { nullable: true, owner, comment }),
  );
}
