import { randomBytes } from 'node:crypto';
import { type Catalog, resolveCatalog, type SourceFacts, type Table } from '../../../src/catalog/index.ts';
import { parseSourceName } from '../../../src/core/index.ts';
import { connectMariadb } from '../../../src/databases/mariadb/index.ts';
import { mariadbVariant } from '../../../src/databases/mariadb/variant.ts';
import { mysqlVariant } from '../../../src/databases/mysql/dialect.ts';
import { connectMysql, type MysqlOptions, mysqlDialect } from '../../../src/databases/mysql/index.ts';
import {
  always,
  type Compiled,
  type Connector,
  type OutputField,
  type Param,
  type Predicate,
  type RunContext,
  type Runner,
  type RunResult,
  resolveParam,
} from '../../../src/plan/index.ts';
import type { Dialect } from '../../../src/sql/index.ts';
import { type Connection, connect } from '../../support/connect.ts';
import { serverUrl } from '../../support/engines.ts';

export const both = ['mysql', 'mariadb'] as const;
export type Both = (typeof both)[number];

export const patient: RunContext = { signal: new AbortController().signal, timeoutMs: null };
export const everything = {
  namespaces: { include: [], exclude: [] },
  tables: { include: [], exclude: [] },
};

export const dialects: Readonly<Record<Both, Dialect>> = {
  mysql: mysqlDialect(mysqlVariant),
  mariadb: mysqlDialect(mariadbVariant),
};

export function connectTo(engine: Both, options: MysqlOptions): Connector {
  return engine === 'mysql' ? connectMysql(options) : connectMariadb(options);
}

/** A database for one test file, with a connector of Foz and a connection of the test's own. */
export class Fixture {
  readonly engine: Both;
  readonly name: string;
  readonly url: string;
  readonly connector: Connector;
  readonly past: Connection;
  #catalog: Catalog | null = null;

  private constructor(engine: Both, name: string, url: string, connector: Connector, past: Connection) {
    this.engine = engine;
    this.name = name;
    this.url = url;
    this.connector = connector;
    this.past = past;
  }

  static async open(
    engine: Both,
    script = '',
    options: Omit<MysqlOptions, 'connection'> = {},
  ): Promise<Fixture> {
    const name = `foz_my_${randomBytes(5).toString('hex')}`;
    const admin = await connect(engine, serverUrl(engine));
    await admin.execute(`create database ${name}`).finally(() => admin.close());
    const url = new URL(`/${name}`, serverUrl(engine)).href;
    const past = await connect(engine, url);
    if (script !== '') await past.execute(script);
    return new Fixture(engine, name, url, connectTo(engine, { ...options, connection: url }), past);
  }

  async close(): Promise<void> {
    await this.connector.close();
    await this.past.execute(`drop database ${this.name}`);
    await this.past.close();
  }

  introspect(): Promise<SourceFacts> {
    return this.connector.introspect(everything, patient.signal);
  }

  async table(name: string): Promise<Table> {
    if (this.#catalog === null) {
      const facts = await this.introspect();
      const customization = { rootFields: {}, typeNames: {} };
      this.#catalog = resolveCatalog(
        [{ name: parseSourceName('it')!, naming: 'hasura-default', numbers: 'string', customization, facts }],
        { tables: [] },
      );
    }
    const [source] = this.#catalog.sources.values();
    return source!.tables.find((table) => table.name === name)!;
  }

  /** Runs a compiled statement; its parameters are constants. */
  run({ statement }: Pick<Compiled, 'statement'>, runner: Runner = this.connector): Promise<RunResult> {
    const bindings = { variables: {}, session: new Map<string, string>(), steps: [], parents: null };
    const values = statement.slots.map(({ param, encode }) => {
      const value = resolveParam(param, bindings);
      return value === null && param.shape === 'value' ? null : encode(value);
    });
    return runner.run(statement, values, patient);
  }

  /** Canonical texts of the given columns in all rows that pass; `null` for NULL. */
  async select(
    tableName: string,
    columns: readonly string[],
    where: Predicate = always,
    options: {
      readonly descending?: boolean;
      readonly limit?: number | Param;
      readonly offset?: number;
    } = {},
  ): Promise<(string | null)[][]> {
    const table = await this.table(tableName);
    const key = table.column.get('id');
    const compiled = this.connector.compileFetch({
      kind: 'rows',
      select: {
        table,
        where,
        orderBy:
          key === undefined
            ? []
            : [
                {
                  kind: 'column',
                  path: [],
                  column: key,
                  descending: options.descending ?? false,
                  nulls: 'last',
                },
              ],
        distinctOn: [],
        limit: options.limit ?? null,
        offset: options.offset ?? null,
        fields: columns.map((name) => ({
          kind: 'column',
          key: name,
          column: table.column.get(name)!,
          jsonPath: null,
        })),
      },
    });
    return textsOf(compiled, await this.run(compiled));
  }

  /** Inserts one row of canonical values. */
  async insert(tableName: string, row: Readonly<Record<string, unknown>>): Promise<RunResult> {
    const table = await this.table(tableName);
    const columns = Object.keys(row).map((name) => table.column.get(name)!);
    const rows = [columns.map((column) => ({ ...fixed(column.type, row[column.name]), column }))];
    return this.run(
      this.connector.compileWrite({ kind: 'insert', table, columns, rows, onConflict: null, returning: [] }),
    );
  }

  /** A predicate on one column. */
  async where(
    tableName: string,
    column: string,
    op: Extract<Predicate, { kind: 'compare' }>['op'],
    value: unknown,
    shape: 'value' | 'list' = 'value',
  ): Promise<Predicate> {
    const found = (await this.table(tableName)).column.get(column)!;
    return { kind: 'compare', column: found, op, value: { ...fixed(found.type, value), shape } };
  }
}

/** A parameter with a constant value. */
export function fixed(type: Param['type'], value: unknown): Param {
  return { type, shape: 'value', source: { kind: 'constant', value }, path: '$' };
}

/** A parameter with constant key tuples. */
export function keysOf(
  types: readonly Param['type'][],
  tuples: readonly (readonly unknown[])[],
  capacity?: number,
): Param {
  return {
    type: types[0]!,
    shape: 'keys',
    keyTypes: types,
    source: { kind: 'constant', value: tuples },
    path: '$',
    capacity,
  };
}

/** The values of all rows as texts, written by their codecs. */
export function textsOf({ shape }: Compiled, { rows }: RunResult): (string | null)[][] {
  return rows.map((row) => shape.out.flatMap((out) => textOf(out, row)));
}

function textOf(out: OutputField, row: readonly unknown[]): (string | null)[] {
  if (out.kind === 'object') return out.out.flatMap((inner) => textOf(inner, row));
  if (out.kind !== 'value') throw new TypeError(`not a value: ${out.kind}`);
  const value = row[out.index];
  if (value === null || value === undefined) return [null];
  return [out.codec.text === undefined ? String(value) : out.codec.text(value)];
}
