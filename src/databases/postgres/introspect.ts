import type { FactIssue, NativeComparison, SourceFacts } from '../../catalog/index.ts';
import { counted, type EndSignal } from '../../core/index.ts';
import type { IntrospectOptions, Runner } from '../../plan/index.ts';
import { namespaceFilter, tableFilter } from '../../sql/index.ts';
import { ColumnTypes } from './column-types.ts';
import { EnumNames } from './enum-names.ts';
import type { TypeRow } from './natives.ts';
import { catalogQueries } from './queries.ts';
import { type Relation, type Row, relationOf } from './relations.ts';
import { TableFactsBuilder } from './table-facts-builder.ts';
import type { CatalogVariant } from './variant.ts';

/** Reads everything that the user may read, in the transaction of `runner`. `engine`: the name in the facts. */
export async function introspect(
  { engine, variant }: { readonly engine: string; readonly variant: CatalogVariant | undefined },
  runner: Runner,
  options: IntrospectOptions,
  signal: EndSignal,
): Promise<SourceFacts> {
  const context = { signal, timeoutMs: null };
  const ask = async (text: string, values: readonly string[] = []): Promise<readonly Row[]> =>
    (await runner.run({ text, slots: [] }, values, context)).rows as readonly Row[];
  const [server] = await ask(catalogQueries.server);
  const defaultNamespace = server![1] ?? 'public';
  const described = await variant?.describe(ask);
  const chosen = namespaceFilter(options.namespaces);
  const inNamespaces = (name: string) => chosen(name) && variant?.systemNamespaces.test(name) !== true;
  const wanted = tableFilter(options.tables);
  const relations = (await ask(catalogQueries.tables))
    .map(relationOf)
    .filter(({ namespace, name }) => inNamespaces(namespace) && wanted(namespace, name));
  const unreadable = (await ask(catalogQueries.unreadable)).filter(
    ([namespace, name]) => inNamespaces(namespace!) && wanted(namespace!, name!),
  );
  const oids = (list: readonly Relation[]) => `{${list.map(({ oid }) => oid).join(',')}}`;
  const all = oids(relations);
  const partly = oids(relations.filter(({ readable }) => !readable));
  const views = oids(relations.filter(({ kind, writes }) => kind === 'view' && writes !== 0));
  const types = await ask(catalogQueries.types, [all]);
  const columns = await ask(catalogQueries.columns, [all, partly, views]);
  const constraints = await ask(catalogQueries.constraints, [all]);
  const indexes = await ask(catalogQueries.uniqueIndexes, [all]);
  const heirs = await ask(catalogQueries.heirs, [all]);
  const triggers = await ask(catalogQueries.triggers, [all]);
  const reading = new TableFactsBuilder(
    relations,
    new ColumnTypes(types.map(typeOf), described?.types),
    new EnumNames(defaultNamespace),
  );
  reading.readTriggers(triggers);
  reading.readHeirs(heirs);
  reading.readColumns(columns, constraints);
  reading.readKeys(constraints, indexes);
  const facts = reading.facts();
  return {
    engine,
    version: described?.version ?? server![0]!.split(' ')[0]!,
    defaultNamespace,
    ...facts,
    issues: [
      ...noted(described?.notes ?? (/^KingbaseES\b/i.test(server![2]!) ? [isKingbase] : [])),
      ...rightsIssues(unreadable, relations.length),
      ...facts.issues,
    ],
    ...(unreadable.length === 0
      ? {}
      : { unreadable: unreadable.map(([namespace, name]) => ({ namespace: namespace!, name: name! })) }),
  };
}

/** The note on a KingbaseES that is configured as PostgreSQL, which it resembles in one of its modes only. */
const isKingbase =
  'The server is KingbaseES: a source of kind kingbase reads it in all its modes, one of kind postgres in the mode pg alone.';

/** Notes on the server as a whole. */
function noted(notes: readonly string[]): FactIssue[] {
  return notes.map((reason) => ({ namespace: null, table: null, column: null, reason, severity: 'note' }));
}

/** Issues about tables that the user of the source may not read: an error where there is no other table, else a note. */
function rightsIssues(unreadable: readonly Row[], readable: number): FactIssue[] {
  const [first] = unreadable;
  if (first === undefined) return [];
  const [namespace, , user, entered] = first;
  const names = unreadable.slice(0, 5).map(([schema, name]) => `${schema}.${name}`);
  const list = unreadable.length > names.length ? `${names.join(', ')}, ...` : names.join(', ');
  const usage = entered === 't' ? '' : `usage on schema ${namespace}, `;
  const reason =
    readable === 0
      ? `the user ${user} may read none of its ${counted(unreadable.length, 'table')} (${list}): grant it ${usage}select on them`
      : `${unreadable.length === 1 ? '1 table is' : `${unreadable.length} tables are`} left out, which the user ${user} may not read: ${list}`;
  const severity = readable === 0 ? 'error' : 'note';
  return [{ namespace: null, table: null, column: null, reason, severity }];
}

function typeOf(row: Row): TypeRow {
  const [
    oid,
    namespace,
    name,
    kind,
    element,
    base,
    modifier,
    notNull,
    standard,
    labels,
    comment,
    checks,
    compares,
  ] = row;
  return {
    oid: oid!,
    namespace: namespace!,
    name: name!,
    kind: kind!,
    element: element ?? null,
    base: base!,
    baseModifier: Number(modifier),
    notNull: notNull === 't',
    defaultExpression: standard ?? null,
    labels: labels ? (JSON.parse(labels) as string[]) : null,
    comment: comment ?? null,
    compares: (compares as NativeComparison | null) ?? null,
    checks: checks ? (JSON.parse(checks) as string[]) : null,
  };
}
