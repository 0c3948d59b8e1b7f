import type { CatalogIssue, Metadata, SourceFacts, TableName } from '../../catalog/index.ts';
import type { ChangedTable } from '../../plan/index.ts';
import { type Following, followingIssue } from './following.ts';

const words = {
  replication: 'followed by the log of the database',
  triggers: 'followed by triggers and an outbox',
  version: 'followed by the version of the file',
  polling: 'polled each second',
  off: 'not followed (changes: off)',
} as const satisfies Record<Following['method'], string>;

/** How a source is followed, for people. */
export function followingWords({ method }: Pick<Following, 'method'>): string {
  return words[method];
}

/** As `followingWords`, with the obstacles of the best method where the source is polled because of them. */
export function followingReason(name: string, { method, wanted, offers }: Following): string {
  const [best] = offers;
  if (method !== 'polling' || wanted !== 'auto' || best === undefined) return words[method];
  return `${words[method]}: ${best.obstacles.join(' ')} See "foz changes setup ${name}".`;
}

/** The most tables that are named for one reason. */
const mostNames = 5;

export function tableName({ namespace, name }: ChangedTable): string {
  return namespace === null ? name : `${namespace}.${name}`;
}

/** The first names, and how many more there are. */
export function firstNames(names: readonly string[]): string {
  const more = names.length - mostNames;
  return `${names.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * Notes for the owner of a source on how it is followed: the chosen method cannot be used, the source or some of its tables are
 * polled, a role cannot subscribe to the changes of a table, or the database keeps what nobody reads.
 */
export function followingNotes(
  name: string,
  following: Following,
  facts: Pick<SourceFacts, 'tables' | 'defaultNamespace'>,
  metadata: Metadata,
): readonly CatalogIssue[] {
  const failed = followingIssue(name, following);
  const note = (reason: string): CatalogIssue => ({ severity: 'note', where: `${name}.changes`, reason });
  return [
    ...(failed === null ? [] : [failed]),
    ...[
      ...incomplete(following, facts),
      ...oldRows(name, following, facts, metadata),
      ...versions(name, following, metadata),
      ...unread(name, following),
    ].map(note),
  ];
}

/** Tables and views of a source with reported rows that are polled nevertheless, one sentence for each reason. */
function incomplete(
  { method, offers, gaps, warnings }: Following,
  { tables }: Pick<SourceFacts, 'tables'>,
): string[] {
  const used = offers.find((offer) => offer.method === method);
  if (used?.grain !== 'rows') return [];
  const byReason = new Map<string, string[]>();
  for (const { table, reason, old } of gaps)
    if (old !== 'key') byReason.set(reason, [...(byReason.get(reason) ?? []), tableName(table)]);
  const views = tables.filter(({ kind }) => kind !== 'table' && kind !== 'partitioned table');
  return [
    ...[...byReason].map(([reason, found]) => `polls ${firstNames(found)} each second: ${reason}`),
    ...(views.length === 0
      ? []
      : [`polls ${firstNames(views.map(tableName))} each second: no log has the changes of a view.`]),
    ...warnings,
  ];
}

/** Tables of which the row before a change has only its key, with roles whose filters need more of it. */
function oldRows(
  name: string,
  { gaps }: Following,
  { defaultNamespace }: Pick<SourceFacts, 'defaultNamespace'>,
  metadata: Metadata,
): string[] {
  const isTable = (given: TableName, table: ChangedTable) => {
    const { schema, name: own } = typeof given === 'string' ? { schema: null, name: given } : given;
    return own === table.name && (schema ?? defaultNamespace) === table.namespace;
  };
  const filtered = gaps.filter(({ table, old }) =>
    metadata.tables.some(
      (entry) =>
        old === 'key' &&
        entry.source === name &&
        isTable(entry.table, table) &&
        entry.select_permissions?.some(({ permission }) => Object.keys(permission.filter).length > 0),
    ),
  );
  if (filtered.length === 0) return [];
  const names = firstNames(filtered.map(({ table }) => tableName(table)));
  return [
    `reports only the key of the row before a change of ${names}: roles whose filters need more of it cannot subscribe to the changes. REPLICA IDENTITY FULL sends all of it.`,
  ];
}

/** Polled tables with a version column: what a look at it does not find. */
function versions(name: string, { method }: Following, { tables }: Metadata): string[] {
  if (method !== 'polling') return [];
  const found = tables.filter(
    ({ source, changes }) => source === name && changes?.version_column !== undefined,
  );
  if (found.length === 0) return [];
  const names = firstNames(found.map(({ table }) => (typeof table === 'string' ? table : table.name)));
  return [`looks at the version column of ${names} each second: deleted rows are noticed within 30 s only.`];
}

/** Notes on slots that nobody uses and outboxes that nobody reads. */
function unread(name: string, { method, leftOvers }: Following): string[] {
  return leftOvers.flatMap(({ what, kind, isIdle }) => {
    const isUnread = kind === 'slot' ? isIdle === true : kind === 'outbox' && method !== 'triggers';
    if (!isUnread) return [];
    const reason = kind === 'outbox' ? ', which grows, since the method does not read it' : '';
    return [`keeps ${what}${reason}. "foz changes clean ${name}" removes it.`];
  });
}
