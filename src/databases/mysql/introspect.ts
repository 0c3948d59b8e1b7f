import type { SourceFacts } from '../../catalog/index.ts';
import { type EndSignal, FozError } from '../../core/index.ts';
import type { IntrospectOptions, Runner } from '../../plan/index.ts';
import { namespaceFilter, tableFilter } from '../../sql/index.ts';
import type { Row } from './catalog-rows.ts';
import { listLiteral, textLiteral } from './literal.ts';
import { systemNamespaces } from './namespaces.ts';
import type { Settings } from './options.ts';
import type { Queries } from './queries.ts';
import { type Engine, untested } from './supported.ts';
import { TableFactsBuilder } from './table-facts-builder.ts';

/** Reads everything that the user may read. Default namespace: the database of the URL; other ones only where patterns name them. */
export async function introspect(
  runner: Runner,
  { engine, queries }: { readonly engine: Engine; readonly queries: Queries },
  { database, tinyInt1IsBool }: Pick<Settings, 'database' | 'tinyInt1IsBool'>,
  options: IntrospectOptions,
  signal: EndSignal,
): Promise<SourceFacts> {
  const ask = async (text: string, values: readonly unknown[] = []): Promise<readonly Row[]> =>
    (await runner.run({ text, slots: [] }, values, { signal, timeoutMs: null })).rows as readonly Row[];
  const [server] = await ask('select version()');
  const standard = (name: string) => (database === null ? !systemNamespaces.has(name) : name === database);
  const wanted = namespaceFilter(options.namespaces, standard);
  const names = (await ask('select schema_name from information_schema.schemata')).map(([name]) =>
    String(name),
  );
  if (database !== null && !names.includes(database) && options.namespaces.include.length === 0)
    throw new FozError(
      'unavailable',
      `The database "${database}" does not exist on its server, or may not be used.`,
    );
  const namespaces = [listLiteral(names.filter(wanted).map(textLiteral))];
  const [tables, columns, indexes, foreignKeys, checks, checkTables, views, triggers, rights] =
    await Promise.all([
      ask(queries.tables, namespaces),
      ask(queries.columns, namespaces),
      ask(queries.uniqueIndexes, namespaces),
      ask(queries.foreignKeys, namespaces),
      ask(queries.checks, namespaces),
      queries.checkTables === null ? null : ask(queries.checkTables, namespaces),
      ask(queries.views, namespaces),
      ask(queries.triggers, namespaces),
      ask(queries.triggerRights),
    ]);
  const reading = new TableFactsBuilder({
    defaultNamespace: database,
    tinyInt1IsBool,
    queries,
    wanted: tableFilter(options.tables),
  });
  reading.readTables(tables, views);
  reading.readColumns(columns, checkTables === null ? checks : ofTables(checks, checkTables));
  reading.readKeys(indexes, foreignKeys);
  reading.readTriggers(triggers, rights);
  const version = /^[\d.]+(?:-MariaDB)?/.exec(String(server![0]))?.[0] ?? String(server![0]);
  const facts = reading.facts();
  const reason = untested(engine, version);
  const about = reason === null ? [] : [{ namespace: null, table: null, column: null, reason }];
  return { engine, version, defaultNamespace: database, ...facts, issues: [...about, ...facts.issues] };
}

/** Puts the name of its table before each check; the name of the check comes last, as on MariaDB. */
function ofTables(checks: readonly Row[], tables: readonly Row[]): readonly Row[] {
  const byName = new Map(tables.map(([namespace, table, name]) => [`${namespace}\0${name}`, table!]));
  return checks.flatMap(([namespace, name, condition]) => {
    const table = byName.get(`${namespace}\0${name}`);
    return table === undefined ? [] : [[namespace!, table, condition!, name!]];
  });
}
