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

/** An empty database of a test's own, seen by the product and, through `script`, past it. */
export interface Fixture {
  readonly connector: Connector;
  /** Runs statements past the product. */
  script(text: string): Promise<void>;
  /** Deletes the database. */
  drop(): Promise<void>;
}

/** On the server of the tests. */
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

/** In memory. */
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

/** Rows of a statement that a test spells with the product's own parts; parameters hold constants. */
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

/** Rows of plain text without parameters. */
export async function ask(
  runner: Runner,
  text: string,
  values: readonly (string | null)[] = [],
  context: RunContext = patient,
) {
  return (await runner.run({ text, slots: [] }, values, context)).rows;
}

/** A parameter that holds a constant. */
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

/** The type that the facts of a column tell. */
export function typeOf({ scalar, array, castType, scale }: ColumnFacts): ValueType {
  return { scalar, array, scale, ...(castType === null ? {} : { nativeType: castType }) };
}

/** Facts of one table; throws when there is none. */
export function factsOf(facts: SourceFacts, name: string) {
  const found = facts.tables.find((table) => table.name === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}

/** As much of a catalog's table as spelling needs. */
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
