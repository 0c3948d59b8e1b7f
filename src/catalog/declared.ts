import type { SourceName } from '../core/index.ts';
import type { Catalog, CatalogIssue, Column, KeyComparison, Relationship } from './catalog.ts';
import { isUnreadable } from './declared-tables.ts';
import { didYouMean } from './did-you-mean.ts';
import type { ForeignKeyFacts } from './facts.ts';
import type {
  RelationshipMetadata,
  RemoteRelationshipMetadata,
  TableMetadata,
  TableName,
} from './metadata.ts';
import { familyOf, type ScalarFamily } from './scalars.ts';
import { isKey, type Pairs, pairsOf, reversedPairs, type TableDraft } from './table-draft.ts';

/** Finds the table of a metadata name in a source. Without a namespace, it is in the default one. */
export type FindTableDraft = (source: string, table: TableName) => TableDraft | undefined;

interface Target {
  readonly to: TableDraft;
  readonly pairs: Pairs;
  /** The side that holds the foreign key that the relationship matches; `null`: there is no such foreign key. */
  readonly owner: Relationship['owner'] | null;
  readonly compare?: KeyComparison;
}

type Path = readonly (string | number)[];

/** Why a relationship cannot be, and the place in its entry. */
interface Refused {
  readonly refused: string;
  readonly at: Path;
  /** Another issue, or an absent source, says the cause. */
  readonly follows?: true;
}

/** Shared by the readers of all tables' relationships. */
interface Reading {
  readonly find: FindTableDraft;
  readonly catalog: Pick<Catalog, 'sources' | 'unread'>;
  readonly issues: CatalogIssue[];
  /** The position of each entry in the metadata. */
  readonly positions: ReadonlyMap<TableMetadata, number>;
}

/** Adds the relationships that metadata declares for one table. A wrong one is left out and reported in `issues`. */
export function addDeclared(draft: TableDraft, reading: Reading): void {
  const { metadata } = draft;
  if (metadata === undefined) return;
  const { find, issues, positions } = reading;
  const at = (list: string, index: number) => ['tables', positions.get(metadata) ?? 0, list, index];
  for (const kind of ['object', 'array'] as const)
    for (const [index, entry] of (metadata[`${kind}_relationships`] ?? []).entries())
      declare(draft, entry, kind, localTarget(draft, entry, kind, find), {
        issues,
        path: at(`${kind}_relationships`, index),
      });
  for (const [index, entry] of (metadata.remote_relationships ?? []).entries()) {
    const kind = entry.definition.to_source.relationship_type;
    declare(draft, entry, kind, remoteTarget(draft, entry, reading), {
      issues,
      path: at('remote_relationships', index),
    });
  }
}

function localTarget(
  draft: TableDraft,
  { using }: RelationshipMetadata,
  kind: Relationship['kind'],
  find: FindTableDraft,
): Target | Refused | string {
  const source = draft.table.source.name;
  if (using.manual_configuration !== undefined) {
    const { remote_table, column_mapping } = using.manual_configuration;
    const to = find(source, remote_table);
    if (to === undefined) return noTable(draft, remote_table);
    return mapped(draft, to, column_mapping, ['using', 'manual_configuration', 'column_mapping']);
  }
  const on = using.foreign_key_constraint_on;
  if (on === undefined) return 'needs manual_configuration or foreign_key_constraint_on';
  if (typeof on === 'object' && 'table' in on) {
    const from = find(source, on.table);
    if (from === undefined) return noTable(draft, on.table);
    return incomingTarget(draft, from, on.columns ?? (on.column === undefined ? [] : [on.column]));
  }
  if (kind === 'array') return 'foreign_key_constraint_on of an array relationship needs { table, columns }';
  return outgoingTarget(draft, typeof on === 'string' ? [on] : on, find);
}

function outgoingTarget(
  draft: TableDraft,
  columns: readonly string[],
  find: FindTableDraft,
): Target | string {
  const key = draft.facts.foreignKeys.find((candidate) => sameNames(candidate.columns, columns));
  if (key === undefined) return `there is no foreign key on ${columns.join(', ')}`;
  const target = { schema: key.toNamespace, name: key.toTable };
  const to = find(draft.table.source.name, target);
  if (to === undefined) return noTable(draft, target);
  const pairs = pairsOf(draft.table, to.table, key.columns, key.toColumns);
  return pairs === null ? 'a column of the foreign key is hidden' : { to, pairs, owner: 'from' };
}

/** Why a table of the same source cannot be the target of a relationship. */
function noTable({ table: { source } }: TableDraft, target: TableName): string {
  return isUnreadable(source, target)
    ? 'the user of the source may not read the table it leads to'
    : 'the table it leads to does not exist';
}

function incomingTarget(draft: TableDraft, from: TableDraft, columns: readonly string[]): Target | string {
  const key = from.facts.foreignKeys.find(
    (candidate) => sameNames(candidate.columns, columns) && leadsTo(candidate, draft),
  );
  if (key === undefined)
    return `${from.table.id} has no foreign key on ${columns.join(', ')} that leads here`;
  const pairs = pairsOf(draft.table, from.table, key.toColumns, key.columns);
  return pairs === null ? 'a column of the foreign key is hidden' : { to: from, pairs, owner: 'to' };
}

function leadsTo(key: ForeignKeyFacts, { facts }: TableDraft): boolean {
  return key.toTable === facts.name && key.toNamespace === facts.namespace;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

function remoteTarget(
  draft: TableDraft,
  entry: RemoteRelationshipMetadata,
  { find, catalog }: Reading,
): Target | Refused | string {
  const { source, table, field_mapping, compare } = entry.definition.to_source;
  const to = find(source, table);
  const within = ['definition', 'to_source'];
  if (to === undefined) return missingTarget(catalog, source, table, within);
  const target = mapped(draft, to, field_mapping, [...within, 'field_mapping']);
  if (compare !== 'ignore_case' || typeof target === 'string' || 'refused' in target) return target;
  if (draft.table.source === to.table.source)
    return 'compare is for relationships into another source: within a source the database compares';
  if (!target.pairs.some(({ from }) => texts.includes(familyOf(from.type.scalar))))
    return 'compare: ignore_case needs a pair of texts';
  return { ...target, compare: 'ignore case' };
}

function missingTarget(
  { sources, unread }: Pick<Catalog, 'sources' | 'unread'>,
  name: string,
  table: TableName,
  within: Path,
): Refused {
  const source = sources.get(name as SourceName);
  if (unread.has(name))
    return { refused: `the source ${name} was never read`, at: [...within, 'source'], follows: true };
  if (source === undefined)
    return {
      refused: `there is no source ${name}${didYouMean(name, [...sources.keys(), ...unread])}`,
      at: [...within, 'source'],
    };
  const own = typeof table === 'string' ? table : table.name;
  const names = source.tables.map((other) => other.name);
  const at = [...within, 'table'];
  if (isUnreadable(source, table))
    return {
      refused: `the user of the source ${name} may not read its table ${own}`,
      at,
      ...(names.length === 0 ? { follows: true } : {}),
    };
  return { refused: `source ${name} has no table ${own}${didYouMean(own, names)}`, at };
}

/** `at`: the place of the mapping in the entry. */
function mapped(
  draft: TableDraft,
  to: TableDraft,
  mapping: Readonly<Record<string, string>>,
  at: Path,
): Target | Refused | string {
  const entries = Object.entries(mapping);
  if (entries.length === 0) return 'needs at least one pair of columns';
  const pairs: { from: Column; to: Column }[] = [];
  const refusals: string[] = [];
  let place = at;
  for (const [own, other] of entries) {
    const from = draft.table.column.get(own);
    const target = to.table.column.get(other);
    if (from !== undefined && target !== undefined && comparable(from, target)) {
      pairs.push({ from, to: target });
      continue;
    }
    if (refusals.length === 0) place = [...at, own];
    if (from === undefined) refusals.push(noColumn(draft, own));
    if (target === undefined) refusals.push(noColumn(to, other));
    if (from !== undefined && target !== undefined)
      refusals.push(
        `${draft.table.id}.${own} (${from.nativeType}) cannot equal ${to.table.id}.${other} (${target.nativeType})`,
      );
  }
  return refusals.length > 0
    ? { refused: refusals.join('; '), at: place }
    : { to, pairs, owner: ownerOf(draft, to, pairs) };
}

function noColumn({ table }: TableDraft, name: string): string {
  return `${table.id} has no column ${name}${didYouMean(name, table.column.keys())}`;
}

/**
 * Whether an inserted row passes its own key to the related row, so that it is inserted first. No foreign key decides that here. It
 * is so if the related row belongs to a view, or if the database generates the key of this row and not that of the related one.
 */
function passesKey({ table }: TableDraft, { table: to }: TableDraft, pairs: Pairs): boolean {
  const own = table.primaryKey?.columns;
  if (own === undefined || !own.every((column) => pairs.some(({ from }) => from === column))) return false;
  const isMadeUp = ({ identity, hasDefault }: Column) => identity !== null || hasDefault;
  const ownMadeUp = pairs.some(({ from }) => isMadeUp(from));
  return to.kind === 'view' || (ownMadeUp && !pairs.some((pair) => isMadeUp(pair.to)));
}

/** The side that holds a foreign key over these pairs of columns; `null`: there is none. */
function ownerOf(draft: TableDraft, to: TableDraft, pairs: Pairs): Relationship['owner'] | null {
  if (draft.table.source !== to.table.source) return null;
  if (holdsKey(draft, to, pairs)) return 'from';
  return holdsKey(to, draft, reversedPairs(pairs)) ? 'to' : null;
}

function holdsKey(from: TableDraft, to: TableDraft, pairs: Pairs): boolean {
  return from.facts.foreignKeys.some(
    (key) =>
      leadsTo(key, to) &&
      key.columns.length === pairs.length &&
      pairs.every((pair) => key.toColumns[key.columns.indexOf(pair.from.name)] === pair.to.name),
  );
}

const numbers: readonly ScalarFamily[] = ['integer', 'decimal'];
const texts: readonly ScalarFamily[] = ['text', 'enum', 'uuid', 'opaque'];

function comparable(a: Column, b: Column): boolean {
  const one = familyOf(a.type.scalar);
  const other = familyOf(b.type.scalar);
  if (a.type.compares === 'none' || b.type.compares === 'none') return false;
  if (a.type.array || b.type.array || one === 'json' || one === 'geometry') return false;
  // A time of day with an offset never equals one without.
  if (one === 'time' && a.type.scalar !== b.type.scalar) return false;
  return one === other || [numbers, texts].some((group) => group.includes(one) && group.includes(other));
}

function declare(
  draft: TableDraft,
  { name, comment }: { readonly name: string; readonly comment?: string },
  kind: Relationship['kind'],
  target: Target | Refused | string,
  { issues, path }: { readonly issues: CatalogIssue[]; readonly path: Path },
): void {
  const refuse = (reason: string, at: Path = [], follows?: true) => {
    draft.lose(name);
    issues.push({
      severity: 'error',
      where: `${draft.table.id}.${name}`,
      reason,
      path: [...path, ...at],
      ...(follows ? { topic: 'follows' } : {}),
    });
  };
  if (typeof target === 'string') return void refuse(target);
  if ('refused' in target) return void refuse(target.refused, target.at, target.follows);
  if (draft.isTaken(name)) return void refuse('a column or another relationship has this name');
  const { to, pairs } = target;
  const leadsToKey = isKey(
    to.table,
    pairs.map((pair) => pair.to),
  );
  draft.add(to.table, {
    name,
    kind,
    mapping: pairs,
    nullable: target.owner !== 'from' || pairs.some((pair) => pair.from.nullable),
    owner:
      kind === 'array'
        ? 'to'
        : (target.owner ?? (leadsToKey && !passesKey(draft, to, pairs) ? 'from' : 'to')),
    comment: comment ?? null,
    compare: target.compare,
    foreignKey: null,
  });
}
