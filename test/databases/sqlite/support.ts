import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { Column, Key, Source, SourceFacts, Table, ValueType } from '../../../src/catalog/index.ts';
import { connectSqlite, type SqliteOptions, sqliteDialect } from '../../../src/databases/sqlite/index.ts';
import { compileWriter } from '../../../src/execute/writer.ts';
import {
  always,
  type Compiled,
  type Connector,
  type Field,
  type Param,
  type Predicate,
  type RunContext,
  type Runner,
  type Select,
} from '../../../src/plan/index.ts';
import { type NestingDialect, render, type Sql } from '../../../src/sql/index.ts';

export const dialect: NestingDialect = sqliteDialect;
export const patient: RunContext = { signal: new AbortController().signal, timeoutMs: null };
export const everything = {
  namespaces: { include: [], exclude: [] },
  tables: { include: [], exclude: [] },
};

/** A database of one test: its file, its facts and tables, and Foz's connector. */
export interface Fixture {
  readonly file: string;
  readonly connector: Connector;
  readonly facts: SourceFacts;
  readonly table: (name: string) => Table;
}

const folders: string[] = [];
const connectors: Connector[] = [];

/** A path in a folder that `cleanUp` removes. */
export function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'foz-test-'));
  folders.push(folder);
  return join(folder, 'test.db');
}

/** A connector that `cleanUp` closes. */
export function open(options: SqliteOptions): Connector {
  const connector = connectSqlite(options);
  connectors.push(connector);
  return connector;
}

/** Runs a script on a connection of the test's own. */
export function script(file: string, text: string): void {
  const database = new DatabaseSync(file);
  database.exec(text);
  database.close();
}

/** Creates a database by a script and attaches it. */
export async function fixture(text: string, options: Partial<SqliteOptions> = {}): Promise<Fixture> {
  const file = freshFile();
  script(file, text);
  return attach(file, options);
}

/** Attaches an existing database. */
export async function attach(file: string, options: Partial<SqliteOptions> = {}): Promise<Fixture> {
  const connector = open({ file, synchronous: 'off', readers: 2, ...options });
  const facts = await connector.introspect(everything, patient.signal);
  const tables = resolve(facts);
  return {
    file,
    connector,
    facts,
    table: (name) => {
      const table = tables.get(name);
      if (table === undefined) throw new Error(`no table ${name}`);
      return table;
    },
  };
}

/** Closes all connectors and removes all folders. */
export async function cleanUp(): Promise<void> {
  await Promise.all(connectors.splice(0).map((connector) => connector.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Catalog tables of the facts, without relationships. */
function resolve(facts: SourceFacts): ReadonlyMap<string, Table> {
  const source = { name: 'test', engine: 'sqlite', numbers: 'string' } as unknown as Source;
  return new Map(
    facts.tables.map((found) => {
      const columns = found.columns.map((column, ordinal): Column => {
        const type: ValueType = {
          scalar: column.scalar,
          array: false,
          nativeType: column.castType ?? undefined,
          scale: column.scale,
        };
        return {
          ...column,
          type,
          ordinal,
          mask: null,
          validation: [],
          customName: null,
          enumType: null,
          hasDefault: false,
        };
      });
      const byName = new Map(columns.map((column) => [column.name, column]));
      const key = (named: { name: string; columns: readonly string[] }, primary: boolean): Key => ({
        name: named.name,
        primary,
        columns: named.columns.map((column) => byName.get(column)!),
      });
      const primaryKey = found.primaryKey === null ? null : key(found.primaryKey, true);
      const keys = [
        ...(primaryKey === null ? [] : [primaryKey]),
        ...found.uniqueKeys.map((unique) => key(unique, false)),
      ];
      const table = { ...found, source, id: `test.${found.name}`, columns, column: byName, primaryKey, keys };
      return [found.name, { ...table, relationships: [] } as unknown as Table];
    }),
  );
}

/** A parameter with a constant value. */
export function constant(value: unknown, type: ValueType, more: Partial<Param> = {}): Param {
  return { type, shape: 'value', source: { kind: 'constant', value }, path: '$', ...more };
}

/** Encodes the constants in a statement's slots. */
export function valuesOf(compiled: Pick<Compiled, 'statement'>): unknown[] {
  return compiled.statement.slots.map(({ param, encode }) => {
    if (param.source.kind !== 'constant') throw new Error('only constants');
    return param.source.value === null ? null : encode(param.source.value);
  });
}

/** Runs a compiled statement whose parameters are constants. */
export async function run(runner: Runner, compiled: Pick<Compiled, 'statement'>, context = patient) {
  return runner.run(compiled.statement, valuesOf(compiled), context);
}

/** Runs SQL text. */
export function say(runner: Runner, text: string, values: readonly unknown[] = [], context = patient) {
  return runner.run({ text, slots: [] }, values, context);
}

/** Runs a fragment of a dialect and returns the rows. */
export async function ask(runner: Runner, fragment: Sql): Promise<readonly (readonly unknown[])[]> {
  const statement = render(fragment, dialect.placeholder);
  return (await run(runner, { statement })).rows;
}

export const columnField = (column: Column): Field => ({
  kind: 'column',
  key: column.name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_'),
  column,
  jsonPath: null,
});

/** A select of all columns of a table, or of the given ones. */
export function select(table: Table, columns?: readonly string[], more: Partial<Select> = {}): Select {
  const chosen = columns?.map((name) => table.column.get(name)!) ?? table.columns;
  return {
    table,
    where: always,
    orderBy: [],
    distinctOn: [],
    limit: null,
    offset: null,
    fields: chosen.map(columnField),
    ...more,
  };
}

/** The rows of a select as JSON text that Foz writes from flat rows. */
export async function flatText(fixture: Fixture, chosen: Select): Promise<string> {
  const compiled = fixture.connector.compileFetch({ kind: 'rows', select: chosen });
  const { write } = compileWriter(compiled.shape.out);
  const { rows } = await run(fixture.connector, compiled);
  return `[${rows.map((row, index) => write(row, index, { hops: [], fixed: [] })).join(',')}]`;
}

/** The rows of a select as JSON text that the database builds. */
export async function jsonText(fixture: Fixture, chosen: Select): Promise<string> {
  const compiled = fixture.connector.compileFetch({
    kind: 'roots',
    roots: [{ kind: 'list', key: 'rows', select: chosen }],
  });
  const { rows } = await run(fixture.connector, compiled);
  return String(rows[0]![0]);
}

/** Values of the column `id` in the rows that pass, in order. */
export async function idsWhere(fixture: Fixture, table: Table, where: Predicate): Promise<number[]> {
  const id = table.column.get('id')!;
  const chosen = select(table, ['id'], {
    where,
    orderBy: [{ kind: 'column', path: [], column: id, descending: false, nulls: 'last' }],
  });
  const { rows } = await run(
    fixture.connector,
    fixture.connector.compileFetch({ kind: 'rows', select: chosen }),
  );
  return rows.map((row) => Number(row[0]));
}
