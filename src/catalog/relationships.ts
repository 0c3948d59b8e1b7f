import type { SourceName } from '../core/index.ts';
import type { Catalog, CatalogIssue } from './catalog.ts';
import { addDeclared, type FindTableDraft } from './declared.ts';
import type { ForeignKeyFacts } from './facts.ts';
import { type KeptNames, keptTableId, resetCommand } from './kept-names.ts';
import type { Metadata } from './metadata.ts';
import { isKey, type Pairs, pairsOf, reversedPairs, type TableDraft } from './table-draft.ts';

/** A foreign key whose tables are both in the catalog. */
interface Link {
  readonly from: TableDraft;
  readonly to: TableDraft;
  readonly key: ForeignKeyFacts;
  readonly pairs: Pairs;
}

/** Adds the relationships that metadata declares, within and across sources, then those of foreign keys, in both directions. */
export function addRelationships(
  catalog: Pick<Catalog, 'sources' | 'unread'>,
  drafts: readonly TableDraft[],
  { metadata, kept }: { readonly metadata: Metadata; readonly kept: KeptNames },
  issues: CatalogIssue[],
): void {
  const byName = new Map<string, TableDraft>();
  for (const draft of drafts)
    byName.set(identity(draft.table.source.name, draft.table.namespace, draft.table.name), draft);
  const find: FindTableDraft = (source, table) => {
    const fallback = catalog.sources.get(source as SourceName)?.defaultNamespace ?? null;
    const named = typeof table === 'string' ? { name: table } : table;
    return (
      byName.get(identity(source, named.schema ?? fallback, named.name)) ??
      byName.get(identity(source, null, named.name))
    );
  };
  const reading = {
    find,
    issues,
    catalog,
    positions: new Map(metadata.tables.map((entry, at) => [entry, at])),
  };
  for (const draft of drafts) addDeclared(draft, reading);
  const links = linksOf(drafts, byName);
  for (const draft of drafts) draft.reserve(kept.relationships(draft.table));
  const notes: Notes = { issues, isThere: keysOf(links) };
  for (const link of links) addOutgoing(link, notes);
  const counts = countByEnds(links);
  for (const link of links) addIncoming(link, counts.get(link.to)!.get(link.from)! > 1, notes);
}

/** Collects the notes about relationships that could not get the name that they ask for. */
interface Notes {
  readonly issues: CatalogIssue[];
  /** Whether a table still has the foreign key of a kept name. */
  readonly isThere: (draft: TableDraft, foreignKey: string) => boolean;
}

/** The foreign keys by table, found on first use: most catalogs have no names that are taken. */
function keysOf(links: readonly Link[]): Notes['isThere'] {
  let keys: Map<TableDraft, Set<string>> | undefined;
  return (draft, foreignKey) => {
    if (keys === undefined) {
      keys = new Map(links.flatMap(({ from, to }) => [from, to]).map((one) => [one, new Set<string>()]));
      for (const link of links) {
        keys.get(link.from)!.add(linkText(link));
        keys.get(link.to)!.add(incomingText(link));
      }
    }
    return keys.get(draft)?.has(foreignKey) ?? false;
  };
}

/** The foreign keys in a stable order, independent of constraint names and of the order of introspection. */
function linksOf(drafts: readonly TableDraft[], byName: ReadonlyMap<string, TableDraft>): Link[] {
  const links = drafts.flatMap((from) =>
    from.facts.foreignKeys.flatMap((key): Link[] => {
      const to = byName.get(identity(from.table.source.name, key.toNamespace, key.toTable));
      const pairs = to === undefined ? null : pairsOf(from.table, to.table, key.columns, key.toColumns);
      return to === undefined || pairs === null ? [] : [{ from, to, key, pairs }];
    }),
  );
  const order = new Map(drafts.map((draft) => [draft, sortKeyOf(draft)]));
  return links
    .map((link) => ({ link, place: order.get(link.from)!, columns: ordinals(link) }))
    .sort((a, b) => compareText(a.place, b.place) || compareNumbers(a.columns, b.columns))
    .map(({ link }) => link);
}

/** Sort key: source, then the default namespace before others, then namespace and name. */
function sortKeyOf({ table: { source, namespace, name } }: TableDraft): string {
  const other = namespace === null || namespace === source.defaultNamespace ? '' : `1${namespace}`;
  return [source.name, other, name].join('\0');
}

function ordinals({ pairs }: Link): number[] {
  return pairs.flatMap(({ from, to }) => [from.ordinal, to.ordinal]);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, index) => number !== b[index]);
  return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? -1);
}

/** A foreign key identified by its columns, independent of the constraint's name: `customer_id -> customers(id)`. */
function linkText({ key, to }: Link): string {
  return `${list(key.columns)} -> ${placed(to)}(${list(key.toColumns)})`;
}

/** The same from the other end: `orders(customer_id) -> id`. */
function incomingText({ key, from }: Link): string {
  return `${placed(from)}(${list(key.columns)}) -> ${list(key.toColumns)}`;
}

/** The table's name, without the default namespace, so that names are kept when a source moves to another database. */
function placed({ table: { source, namespace, name } }: TableDraft): string {
  const isDefault = namespace === null || namespace === source.defaultNamespace;
  return isDefault ? plain(name) : `${plain(namespace)}.${plain(name)}`;
}

function list(columns: readonly string[]): string {
  return columns.map(plain).join(', ');
}

function plain(name: string): string {
  return /^\w+$/.test(name) ? name : JSON.stringify(name);
}

function identity(source: string, namespace: string | null, name: string): string {
  return JSON.stringify([source, namespace, name]);
}

/** The number of foreign keys between two tables, by target, then by origin. */
function countByEnds(links: readonly Link[]): Map<TableDraft, Map<TableDraft, number>> {
  const counts = new Map<TableDraft, Map<TableDraft, number>>();
  for (const { from, to } of links) {
    const of = counts.get(to) ?? new Map<TableDraft, number>();
    counts.set(to, of.set(from, (of.get(from) ?? 0) + 1));
  }
  return counts;
}

/**
 * The relationship's name: `customer_id` and `customerId` become `customer`. Other columns, or several, take the
 * target's name.
 */
function outgoingName(key: ForeignKeyFacts): string {
  if (key.columns.length === 1) {
    const stem = /^(.+?)(?:_id|_ID|Id)$/.exec(key.columns[0]!)?.[1];
    if (stem !== undefined) return stem;
  }
  return key.toTable;
}

function addOutgoing(link: Link, notes: Notes): void {
  const { from, to, key, pairs } = link;
  if (from.has(to.table, pairs, 'object')) return;
  const plain = outgoingName(key);
  const text = linkText(link);
  const candidates = [plain, `${key.toTable}_by_${key.columns.join('_')}`];
  const name = from.keptName(text) ?? from.freeName(candidates, 'object');
  if (name !== plain && !from.isFree(plain, 'object'))
    noteRenamed(from, plain, `to ${to.table.id}`, name, notes);
  from.add(to.table, {
    name,
    kind: 'object',
    mapping: pairs,
    nullable: key.unchecked === true || pairs.some((pair) => pair.from.nullable),
    owner: 'from',
    comment: null,
    foreignKey: text,
  });
}

function addIncoming(link: Link, several: boolean, notes: Notes): void {
  const { from, to, key, pairs } = link;
  const mapping = reversedPairs(pairs);
  const single = isKey(
    from.table,
    pairs.map((pair) => pair.from),
  );
  const kind = single ? 'object' : 'array';
  if (to.has(from.table, mapping, kind)) return;
  const plain = from.table.name;
  const by = `${plain}_by_${key.columns.join('_')}`;
  const text = incomingText(link);
  const name = to.keptName(text) ?? to.freeName(several ? [by] : [plain, by], kind);
  if (name !== plain && !several && !to.isFree(plain, kind))
    noteRenamed(to, plain, `from ${from.table.id}`, name, notes);
  to.add(from.table, { name, kind, mapping, nullable: true, owner: 'to', comment: null, foreignKey: text });
}

function noteRenamed(
  draft: TableDraft,
  plain: string,
  end: string,
  name: string,
  { issues, isThere }: Notes,
): void {
  const { source, id } = draft.table;
  const kept = draft.keptFor(plain);
  const isGone = kept !== undefined && !isThere(draft, kept);
  const why = isGone ? `the name is kept for the foreign key ${kept}, which is gone` : 'the name is taken';
  const wayOut = isGone ? `. To free it: ${resetCommand(source.name, keptTableId(draft.table))}` : '';
  issues.push({
    severity: 'note',
    where: `${id}.${plain}`,
    reason: `${why}, so the relationship ${end} is called ${name}${wayOut}`,
  });
}
