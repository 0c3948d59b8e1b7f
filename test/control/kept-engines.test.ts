import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printSchema } from 'graphql';
import { connect } from '../../src/attach.ts';
import type { Metadata, TableMetadata } from '../../src/catalog/index.ts';
import { explainOperation } from '../../src/control/index.ts';
import { parseRoleName, parseSourceName } from '../../src/core/index.ts';
import type { SourceConfig } from '../../src/views/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const folder = mkdtempSync(join(tmpdir(), 'foz-kept-engines-'));
let registry: SourceRegistry;

const tables = {
  authors: 'create table authors (id integer primary key, name text not null, secret text)',
  books:
    'create table books (id integer primary key, author_id integer not null references authors, title text, price integer)',
  notes: 'create table notes (id integer primary key, body text, owner text)',
} as const;

async function attach(name: string, texts: readonly string[]) {
  const config: SourceConfig = { name, kind: 'sqlite', path: join(folder, `${name}.db`) };
  const connector = await connect(config, { create: true });
  for (const text of texts) await connector.run({ text, slots: [] }, [], context);
  return { name: parseSourceName(name)!, config, connector };
}

const session = (name: string) => ({ role: parseRoleName(name)!, variables: new Map<string, string>() });

function select(table: string, role: string, permission: object): TableMetadata {
  return {
    source: 'shop',
    table,
    select_permissions: [{ role, permission: { filter: {}, ...permission } as never }],
  };
}

const reader = select('books', 'reader', { columns: ['id', 'title'] });
const guest = select('notes', 'guest', { columns: ['id', 'body'] });

beforeAll(async () => {
  registry = new SourceRegistry([await attach('shop', Object.values(tables))], null);
  await registry.start();
});
afterAll(() => registry.close());

function graphsOf(...given: readonly TableMetadata[]): Graphs {
  return new Graphs({ metadata: { tables: given } }, registry);
}

test('a change of one role leaves the others their engines, with their plans', async () => {
  const graphs = graphsOf(reader, guest);
  const [kept, replaced] = [graphs.engine(session('reader')), graphs.engine(session('guest'))];
  const query = '{ books { title } }';
  await explainOperation(graphs, { query, variables: '{}', operationName: null, role: 'reader' });
  expect(kept.size).toBeGreaterThan(0);
  graphs.useMetadata({ tables: [reader, select('notes', 'guest', { columns: ['id'] })] });
  expect(graphs.engine(session('reader'))).toBe(kept);
  expect(kept.size).toBeGreaterThan(0);
  expect(graphs.engine(session('guest'))).not.toBe(replaced);
  expect(printSchema(graphs.engine(session('guest')).options.schema)).not.toContain('body');
});

const own = (permission: object) => select('books', 'reader', { columns: ['id', 'title'], ...permission });
const throughAuthor = own({ filter: { author: { name: { _eq: 'Ada' } } } });
const notExists = own({
  filter: { _exists: { _table: 'notes', _where: { owner: { _eq: 'X-Hasura-User-Id' } } } },
});

const touching: Readonly<Record<string, readonly [readonly TableMetadata[], Metadata]>> = {
  'a constant of the filter': [
    [own({ filter: { price: { _gt: 1 } } })],
    { tables: [own({ filter: { price: { _gt: 2 } } })] },
  ],
  'a filter through a hidden table': [
    [throughAuthor],
    { tables: [own({ filter: { author: { secret: { _eq: 'Ada' } } } })] },
  ],
  'a filter on rows of any table': [[notExists], { tables: [own({})] }],
  'a mask': [[own({})], { tables: [own({ masks: { title: { price: { _gt: 5 } } } })] }],
  'the limit': [[own({})], { tables: [own({ limit: 5 })] }],
  aggregations: [[own({})], { tables: [own({ allow_aggregations: true })] }],
  'the root fields': [[own({})], { tables: [own({ query_root_fields: ['select_by_pk'] })] }],
  'a name of the table': [
    [own({})],
    { tables: [{ ...own({}), configuration: { custom_name: 'Volume' } } as TableMetadata] },
  ],
  'the role is taken away': [[own({})], { tables: [guest] }],
};

test.each(Object.entries(touching))('%s touches its role, and no other', (_, [before, after]) => {
  const other = select('authors', 'clerk', { columns: ['id'] });
  const graphs = graphsOf(...before, guest, other);
  const engine = graphs.engine(session('reader'));
  const untouched = graphs.engine(session('guest'));
  graphs.useMetadata({
    ...after,
    tables: [...after.tables.filter(({ table }) => table !== 'notes'), guest, other],
  });
  expect(graphs.engine(session('reader'))).not.toBe(engine);
  expect(graphs.engine(session('guest'))).toBe(untouched);
});

test('rules of validation touch those who know the column, and only when they change', () => {
  const ruled = (role: string, maximum: number): TableMetadata => ({
    ...select('books', role, { columns: ['id', 'title'] }),
    configuration: {
      column_config: {
        title: { validation: [{ max_length: maximum, pattern: '^[A-Z]' }, { one_of: ['One'] }] },
      },
    },
  });
  const graphs = graphsOf(ruled('reader', 9), guest);
  const kept = graphs.engine(session('reader'));
  graphs.useMetadata({ tables: [ruled('reader', 9), select('notes', 'guest', { columns: ['id'] })] });
  expect(graphs.engine(session('reader'))).toBe(kept);
  graphs.useMetadata({ tables: [ruled('reader', 10), guest] });
  expect(graphs.engine(session('reader'))).not.toBe(kept);
});

test('limits and lists of operations touch the roles that they name', () => {
  const graphs = graphsOf(reader, guest);
  const engines = () => [graphs.engine(session('reader')), graphs.engine(session('guest'))] as const;
  const [reading, visiting] = engines();
  graphs.useLimits({ roles: { guest: { rows: 5 } } }, []);
  expect(engines()[0]).toBe(reading);
  const limited = engines()[1];
  expect(limited).not.toBe(visiting);
  graphs.useLimits({ roles: { guest: { rows: 5 } } }, [{ role: 'reader', operations: ['{ books { id } }'] }]);
  expect(engines()[0]).not.toBe(reading);
  expect(engines()[1]).toBe(limited);
});

test('another source, and a table that nobody but its roles sees, touch nobody else', async () => {
  const graphs = graphsOf(reader, guest);
  const [reading, visiting] = [graphs.engine(session('reader')), graphs.engine(session('guest'))];
  const everything = graphs.engine();
  await registry.put(await attach('other', [tables.notes]));
  expect(graphs.engine(session('reader'))).toBe(reading);
  expect(graphs.engine()).not.toBe(everything);
  const shop = registry.named('shop');
  await shop.connector.run({ text: 'alter table notes add column colour text', slots: [] }, [], context);
  await registry.refresh(shop.name);
  expect(graphs.engine(session('reader'))).toBe(reading);
  // The role cannot read the column, but relationships must not get its name, so the column affects the role's graph.
  expect(graphs.engine(session('guest'))).not.toBe(visiting);
  registry.remove(parseSourceName('other')!);
  expect(graphs.engine(session('reader'))).toBe(reading);
  // The source has another connector now, so statements must not go to the old one.
  await registry.put(await attach('shop', []));
  expect(graphs.engine(session('reader'))).not.toBe(reading);
});

test('no engine outlives many changes, since it holds what it was made from', () => {
  const graphs = graphsOf(reader, guest);
  const first = graphs.engine(session('reader'));
  for (let change = 0; change < 8; change++) graphs.useMetadata({ tables: [reader] });
  expect(graphs.engine(session('reader'))).toBe(first);
  graphs.useMetadata({ tables: [reader] });
  expect(graphs.engine(session('reader'))).not.toBe(first);
});

const columns = {
  authors: ['id', 'name', 'secret'],
  books: ['id', 'author_id', 'title', 'price'],
  notes: ['id', 'body', 'owner'],
} as const;

test(`an engine that stayed answers as a new one does (seed ${seed})`, async () => {
  const random = randomFrom(seed);
  const roles = ['one', 'two', 'three'];
  const given = new Map<string, TableMetadata>();
  const graphs = graphsOf();
  let stayed = 0;
  for (let round = 0; round < 150; round++) {
    const name = pick(random, Object.keys(columns) as (keyof typeof columns)[]);
    const role = pick(random, roles);
    given.set(name, withRole(given.get(name), randomTable(random, name, role)));
    const before = roles.map((role) => graphs.engine(session(role)));
    const metadata = { tables: [...given.values()] };
    graphs.useMetadata(metadata);
    const fresh = new Graphs({ metadata }, registry);
    for (const [at, role] of roles.entries()) {
      if (graphs.engine(session(role)) === before[at]) stayed++;
      expect(await described(graphs, role)).toBe(await described(fresh, role));
    }
  }
  expect(stayed).toBeGreaterThan(20);
});

/** The graph of a role as SDL, and the SQL of statements that read everything it sees. */
async function described(graphs: Graphs, role: string): Promise<string> {
  const { schema } = graphs.engine(session(role)).options;
  const text = printSchema(schema);
  const roots = Object.entries(columns).flatMap(([table]) => {
    const type = schema.getType(table);
    const fields = type !== undefined && 'getFields' in type ? Object.values(type.getFields()) : [];
    const plain = fields.filter((field) => field.args.length === 0 && !/[{[]/.test(String(field.type)));
    const named = plain.filter(
      (field) => !Object.keys(columns).includes(field.name) && field.name !== 'author',
    );
    if (schema.getQueryType()?.getFields()[table] === undefined || named.length === 0) return [];
    return [`${table} { ${named.map((field) => field.name).join(' ')} }`];
  });
  if (roots.length === 0) return text;
  const query = `{ ${roots.join(' ')} }`;
  return text + (await explainOperation(graphs, { query, variables: '{}', operationName: null, role }));
}

/** Random permissions of a role on a table. */
function randomTable(random: () => number, table: keyof typeof columns, role: string): TableMetadata {
  const rule = () => ({ id: { _gt: Math.floor(random() * 3) } });
  const through = table === 'books' ? { author: rule() } : table === 'authors' ? { books: rule() } : rule();
  const seen = columns[table].filter(() => random() < 0.7);
  const filter = pick<object>(random, [{}, rule(), through]);
  const masks = Object.fromEntries(seen.filter(() => random() < 0.2).map((column) => [column, rule()]));
  return {
    source: 'shop',
    table,
    select_permissions:
      random() < 0.7 ? [{ role, permission: { columns: seen, filter, masks } as never }] : [],
    delete_permissions: random() < 0.5 ? [{ role, permission: { filter: rule() } }] : [],
  };
}

/** The entry of a table with the permissions of a role replaced. */
function withRole(before: TableMetadata | undefined, after: TableMetadata): TableMetadata {
  const role = [...after.select_permissions!, ...after.delete_permissions!][0]?.role;
  const others = <T extends { readonly role: string }>(list: readonly T[] = []) =>
    list.filter((permission) => permission.role !== role);
  return {
    ...after,
    select_permissions: [...others(before?.select_permissions), ...after.select_permissions!],
    delete_permissions: [...others(before?.delete_permissions), ...after.delete_permissions!],
  };
}

function pick<T>(random: () => number, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

/** Random numbers from 0 to below 1, determined by the seed (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
