import { randomBytes } from 'node:crypto';
import type { Column, ColumnFacts, SourceFacts, Table, ValueType } from '../../../src/catalog/index.ts';
import { connectPglite } from '../../../src/databases/pglite/index.ts';
import {
  connectPostgres,
  type PostgresOptions,
  postgresDialect,
} from '../../../src/databases/postgres/index.ts';
import type { Connector, Param, RunContext, Runner } from '../../../src/plan/index.ts';
import { render, type Sql } from '../../../src/sql/index.ts';
import { connect } from '../../support/connect.ts';
import { serverUrl } from '../../support/engines.ts';

export const dialect = postgresDialect('postgres');
export const patient: RunContext = { signal: new AbortController().signal, timeoutMs: null };
export const everything = {
  namespaces: { include: [], exclude: [] },
  tables: { include: [], exclude: [] },
};

/** An empty database for one test file. */
export interface Fixture {
  readonly connector: Connector;
  /** Runs statements on a connection of the test's own. */
  script(text: string): Promise<void>;
  /** Deletes the database. */
  drop(): Promise<void>;
}

/** A database on the PostgreSQL server of the tests. */
export async function onServer(
  options: Omit<PostgresOptions, 'connection'> = {},
): Promise<Fixture & { readonly url: string }> {
  const name = `foz_pg_${randomBytes(5).toString('hex')}`;
  const admin = serverUrl('postgres');
  const url = new URL(`/${name}`, admin).href;
  const run = async (at: string, text: string) => {
    const connection = await connect('postgres', at);
    await connection.execute(text).finally(() => connection.close());
  };
  await run(admin, `create database ${name} template template0 encoding 'UTF8'`);
  const connector = connectPostgres({ ...options, connection: url });
  return {
    url,
    connector,
    script: (text) => run(url, text),
    drop: async () => {
      await connector.close();
      await run(admin, `drop database ${name} with (force)`);
    },
  };
}

/** A PGlite database in memory. */
export async function inProcess(): Promise<Fixture> {
  let script: Fixture['script'] | undefined;
  const connector = connectPglite({
    setUp: async (execute) => {
      script = execute;
    },
  });
  await connector.ping(patient.signal);
  return { connector, script: (text) => script!(text), drop: () => connector.close() };
}

/** Runs SQL that a test builds with Foz's fragments, whose parameters are constants, and returns the rows. */
export async function rowsOf(
  runner: Runner,
  text: Sql,
  context: RunContext = patient,
): Promise<readonly (readonly unknown[])[]> {
  const statement = render(text, dialect.placeholder);
  const values = statement.slots.map(({ param, encode }) =>
    encode(param.source.kind === 'constant' ? param.source.value : undefined),
  );
  return (await runner.run(statement, values, context)).rows;
}

/** Runs SQL text without parameters and returns the rows. */
export async function ask(
  runner: Runner,
  text: string,
  values: readonly (string | null)[] = [],
  context: RunContext = patient,
) {
  return (await runner.run({ text, slots: [] }, values, context)).rows;
}

/** A parameter with a constant value. */
export function constant(
  value: unknown,
  type: ValueType,
  shape: Param['shape'] = 'value',
  keyTypes?: readonly ValueType[],
): Param {
  return {
    type,
    shape,
    source: { kind: 'constant', value },
    path: '$',
    ...(keyTypes === undefined ? {} : { keyTypes }),
  };
}

/** The value type of an introspected column. */
export function typeOf({ scalar, array, castType, scale }: ColumnFacts): ValueType {
  return { scalar, array, scale, ...(castType === null ? {} : { nativeType: castType }) };
}

/** The facts of one table. Throws if there is none. */
export function factsOf(facts: SourceFacts, name: string) {
  const found = facts.tables.find((table) => table.name === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}

/** A catalog table with the columns of the facts, and without relationships. */
export function tableOf(facts: SourceFacts, name: string): Table {
  const { columns, namespace } = factsOf(facts, name);
  const resolved = columns.map((column) => ({ ...column, type: typeOf(column) }) as unknown as Column);
  return {
    namespace,
    name,
    columns: resolved,
    column: new Map(resolved.map((column) => [column.name, column])),
  } as unknown as Table;
}
