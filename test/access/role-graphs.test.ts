import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildClientSchema, buildSchema, getIntrospectionQuery, printSchema, validateSchema } from 'graphql';
import { connect } from '../../src/attach.ts';
import type { TableMetadata } from '../../src/catalog/index.ts';
import { parseRoleName, parseSourceName } from '../../src/core/index.ts';
import type { SourceConfig } from '../../src/views/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';
import { ask } from '../support/cases/run.ts';

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
let registry: SourceRegistry;

const columns = {
  authors: ['id', 'name', 'born', 'rating', 'secret'],
  books: ['id', 'author_id', 'title', 'price', 'details', 'printed'],
  sales: ['shop', 'number', 'book_id', 'sold_at'],
} as const;
type Name = keyof typeof columns;
const names = Object.keys(columns) as Name[];

beforeAll(async () => {
  const source: SourceConfig = {
    name: 'shop',
    kind: 'sqlite',
    path: join(mkdtempSync(join(tmpdir(), 'foz-role-graphs-')), 'shop.db'),
  };
  const connector = await connect(source, { create: true });
  for (const text of [
    'create table authors (id integer primary key, name text not null, born DATE, rating REAL, secret DECIMAL(10,2))',
    'create table books (id integer primary key, author_id integer not null references authors, title text unique, price DECIMAL(8,2), details JSON, printed BLOB)',
    'create table sales (shop text, number integer, book_id integer references books, sold_at DATETIME, primary key (shop, number))',
  ])
    await connector.run({ text, slots: [] }, [], context);
  registry = new SourceRegistry([{ name: parseSourceName('shop')!, config: source, connector }], null);
  await registry.start();
});
afterAll(() => registry.close());

/** Random numbers from 0 to 1, determined by the seed (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Permissions of one role on all tables, or on some of them. */
function randomTables(random: () => number): TableMetadata[] {
  const some = <T>(list: readonly T[]): T[] => list.filter(() => random() < 0.6);
  const maybe = <T>(chance: number, make: () => T): T[] => (random() < chance ? [make()] : []);
  const role = 'some';
  return names.map((table): TableMetadata => {
    const selected = some(columns[table]);
    const filter = { [columns[table][0]]: { _is_null: false } };
    return {
      source: 'shop',
      table,
      select_permissions: maybe(0.7, () => ({
        role,
        permission: {
          columns: selected,
          filter: random() < 0.5 ? {} : filter,
          allow_aggregations: random() < 0.5,
          masks: Object.fromEntries(some(selected).map((column) => [column, filter])),
          ...(random() < 0.3
            ? { query_root_fields: some(['select', 'select_by_pk', 'select_aggregate'] as const) }
            : {}),
        },
      })),
      insert_permissions: maybe(0.6, () => ({
        role,
        permission: { columns: some(columns[table]), check: {}, backend_only: random() < 0.3 },
      })),
      update_permissions: maybe(0.6, () => ({ role, permission: { columns: some(columns[table]), filter } })),
      delete_permissions: maybe(0.4, () => ({ role, permission: { filter } })),
    };
  });
}

const role = parseRoleName('some')!;

test(`the graph of a role is a whole one, whatever it may do (seed ${seed})`, async () => {
  const random = randomFrom(seed);
  for (let round = 0; round < 60; round++) {
    const tables = randomTables(random);
    const naming = random() < 0.5 ? 'hasura-default' : 'graphql-default';
    const own = new Graphs({ naming, metadata: { tables } }, registry);
    const session = { role, variables: new Map<string, string>(), backend: random() < 0.5 };
    const { schema } = own.engine(session).options;
    const text = printSchema(schema);
    // Throws for a type that is named but does not exist. An object without fields is a validation error.
    expect(validateSchema(buildSchema(text))).toEqual([]);
    const answer = JSON.parse(
      await ask(own.engine(session), {
        query: getIntrospectionQuery({ specifiedByUrl: true }),
        variables: {},
      }),
    );
    expect(printSchema(buildClientSchema(answer.data))).toBe(text);
    for (const name of names) {
      const granted = tables.find(({ table }) => table === name)!;
      const known = new Set([
        ...(granted.select_permissions?.[0]?.permission.columns ?? []),
        ...(granted.insert_permissions?.[0]?.permission.columns ?? []),
        ...(granted.update_permissions?.[0]?.permission.columns ?? []),
      ]);
      if (!known.has('secret') && name === 'authors') expect(text).not.toMatch(/secret/i);
      if (!known.has('printed') && name === 'books') expect(text).not.toMatch(/printed/i);
    }
  }
});
