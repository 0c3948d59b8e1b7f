import type { SourceName } from '../core/index.ts';
import type { CatalogIssue, Source } from './catalog.ts';
import { addDeclared, type Find } from './declared.ts';
import { type Draft, isKey, type Pairs, pairsOf, turned } from './draft.ts';
import type { ForeignKeyFacts } from './facts.ts';

/** A foreign key both ends of which are in the catalog. */
interface Link {
  readonly from: Draft;
  readonly to: Draft;
  readonly key: ForeignKeyFacts;
  readonly pairs: Pairs;
}

/** Adds the relationships that metadata declares, within and across sources, then those of foreign keys in both directions. */
export function addRelationships(
  sources: ReadonlyMap<SourceName, Source>,
  drafts: readonly Draft[],
  issues: CatalogIssue[],
): void {
  const byName = new Map<string, Draft>();
  for (const draft of drafts)
    byName.set(identity(draft.table.source.name, draft.table.namespace, draft.table.name), draft);
  const find: Find = (source, table) => {
    const fallback = sources.get(source as SourceName)?.defaultNamespace ?? null;
    const named = typeof table === 'string' ? { name: table } : table;
    return (
      byName.get(identity(source, named.schema ?? fallback, named.name)) ??
      byName.get(identity(source, null, named.name))
    );
  };
  for (const draft of drafts) addDeclared(draft, find, issues);
  const links = drafts.flatMap((from) =>
    from.facts.foreignKeys.flatMap((key): Link[] => {
      const to = byName.get(identity(from.table.source.name, key.toNamespace, key.toTable));
      const pairs = to === undefined ? null : pairsOf(from.table, to.table, key.columns, key.toColumns);
      return to === undefined || pairs === null ? [] : [{ from, to, key, pairs }];
    }),
  );
  for (const link of links) addOutgoing(link, issues);
  const counts = countByEnds(links);
  for (const link of links) addIncoming(link, counts.get(link.to)!.get(link.from)! > 1, issues);
}

function identity(source: string, namespace: string | null, name: string): string {
  return JSON.stringify([source, namespace, name]);
}

/** How many foreign keys lead to a table, by the table they come from. */
function countByEnds(links: readonly Link[]): Map<Draft, Map<Draft, number>> {
  const counts = new Map<Draft, Map<Draft, number>>();
  for (const { from, to } of links) {
    const of = counts.get(to) ?? new Map<Draft, number>();
    counts.set(to, of.set(from, (of.get(from) ?? 0) + 1));
  }
  return counts;
}

/** `customer_id` -> `customer`, `customerId` -> `customer`; several columns or another ending: the target table. */
function outgoingName(key: ForeignKeyFacts): string {
  if (key.columns.length === 1) {
    const stem = /^(.+?)(?:_id|_ID|Id)$/.exec(key.columns[0]!)?.[1];
    if (stem !== undefined) return stem;
  }
  return key.toTable;
}

function addOutgoing({ from, to, key, pairs }: Link, issues: CatalogIssue[]): void {
  if (from.has(to.table, pairs, 'object')) return;
  const plain = outgoingName(key);
  const name = freeName(from, [plain, `${key.toTable}_by_${key.columns.join('_')}`]);
  if (name !== plain) tellRenamed(from, plain, `to ${to.table.id}`, name, issues);
  from.add(to.table, {
    name,
    kind: 'object',
    mapping: pairs,
    nullable: pairs.some((pair) => pair.from.nullable),
    owner: 'from',
    comment: null,
  });
}

function addIncoming({ from, to, key, pairs }: Link, several: boolean, issues: CatalogIssue[]): void {
  const mapping = turned(pairs);
  const single = isKey(
    from.table,
    pairs.map((pair) => pair.from),
  );
  const kind = single ? 'object' : 'array';
  if (to.has(from.table, mapping, kind)) return;
  const plain = from.table.name;
  const by = `${plain}_by_${key.columns.join('_')}`;
  const name = freeName(to, several ? [by] : [plain, by]);
  if (name !== plain && !several) tellRenamed(to, plain, `from ${from.table.id}`, name, issues);
  to.add(from.table, { name, kind, mapping, nullable: true, owner: 'to', comment: null });
}

function freeName(draft: Draft, candidates: readonly string[]): string {
  const free = candidates.find((name) => !draft.isTaken(name));
  if (free !== undefined) return free;
  for (let number = 2; ; number++) {
    const name = `${candidates.at(-1)}_${number}`;
    if (!draft.isTaken(name)) return name;
  }
}

function tellRenamed(draft: Draft, plain: string, end: string, name: string, issues: CatalogIssue[]): void {
  issues.push({
    severity: 'note',
    where: `${draft.table.id}.${plain}`,
    reason: `the name is taken, so the relationship ${end} is called ${name}`,
  });
}
