import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import type { Metadata } from '../../src/catalog/index.ts';
import { explainOperation } from '../../src/control/index.ts';
import { parseRoleName, parseSourceName } from '../../src/core/index.ts';
import type { Connector } from '../../src/plan/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';
import { ask } from '../support/cases/run.ts';

/**
 * A hidden table, column or field must look as if it did not exist: the same messages, the same amount of work, and no statement to
 * a database.
 */

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const folder = mkdtempSync(join(tmpdir(), 'foz-existence-'));
const statements: string[] = [];
let registry: SourceRegistry;
let graphs: Graphs;

/** Records each statement that is sent to the database, within transactions too. */
function recording(connector: Connector): Connector {
  return new Proxy(connector, {
    get(target, name) {
      const value = target[name as keyof Connector] as unknown;
      if (typeof value !== 'function') return value;
      if (name === 'run')
        return (...args: Parameters<Connector['run']>) => {
          statements.push(args[0].text);
          return target.run(...args);
        };
      if (name === 'transaction')
        return (...[mode, own, body]: Parameters<Connector['transaction']>) => {
          statements.push(`begin ${mode}`);
          return target.transaction(mode, own, (runner) =>
            body({
              run(statement, ...rest) {
                statements.push(statement.text);
                return runner.run(statement, ...rest);
              },
            }),
          );
        };
      return value.bind(target);
    },
  });
}

async function source(name: string, texts: readonly string[]) {
  const config = { name, kind: 'sqlite', path: join(folder, `${name}.db`) } as const;
  const connector = await connect(config, { create: true });
  for (const text of texts) await connector.run({ text, slots: [] }, [], context);
  return { name: parseSourceName(name)!, config, connector: recording(connector) };
}

const role = 'reader';
const metadata: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'authors',
      select_permissions: [
        {
          role,
          permission: { columns: ['id', 'name'], filter: { id: { _gt: 1 } }, allow_aggregations: true },
        },
      ],
    },
    {
      source: 'shop',
      table: 'books',
      select_permissions: [
        { role, permission: { columns: ['id', 'title', 'author_id'], filter: {}, allow_aggregations: true } },
      ],
      insert_permissions: [{ role, permission: { columns: ['id', 'title', 'author_id'], check: {} } }],
      update_permissions: [{ role, permission: { columns: ['title'], filter: {}, check: {} } }],
      delete_permissions: [{ role, permission: { filter: {} } }],
      remote_relationships: [
        {
          name: 'stock',
          definition: {
            to_source: {
              source: 'store',
              table: 'stock',
              relationship_type: 'array',
              field_mapping: { id: 'book_id' },
            },
          },
        },
        {
          name: 'audits',
          definition: {
            to_source: {
              source: 'store',
              table: 'audits',
              relationship_type: 'array',
              field_mapping: { id: 'book_id' },
            },
          },
        },
      ],
    },
    {
      source: 'store',
      table: 'stock',
      select_permissions: [
        { role, permission: { columns: ['id', 'book_id'], filter: {}, allow_aggregations: true } },
      ],
    },
    {
      source: 'shop',
      table: 'notes',
      select_permissions: [{ role: 'writer', permission: { columns: '*', filter: { id: { _gt: 1 } } } }],
      insert_permissions: [{ role: 'writer', permission: { columns: '*', check: {} } }],
      update_permissions: [{ role: 'writer', permission: { columns: ['text'], filter: {} } }],
      delete_permissions: [{ role: 'writer', permission: { filter: {} } }],
    },
  ],
};

beforeAll(async () => {
  const shop = await source('shop', [
    'create table authors (id integer primary key, name text not null, secret text)',
    'create table books (id integer primary key, author_id integer references authors, title text, price integer, isbn text unique)',
    'create table vault (id integer primary key, book_id integer references books, code text)',
    'create table notes (id integer primary key, text text)',
    `insert into notes values (1, 'hidden'), (2, 'seen')`,
    `insert into authors values (1, 'Ada', 'x'), (2, 'Bob', 'y')`,
    `insert into books values (1, 2, 'One', 5, 'i')`,
  ]);
  const store = await source('store', [
    'create table stock (id integer primary key, book_id integer, shelf text)',
    'create table audits (id integer primary key, book_id integer)',
  ]);
  registry = new SourceRegistry([shop, store], null);
  await registry.start();
  graphs = new Graphs({ metadata }, registry);
}, 60_000);
afterAll(() => registry.close());

/** A query, a name in it that is hidden from the role, and a name of the same length that does not exist. */
const positions: readonly (readonly [string, string, string])[] = [
  ['{ NAME { id } }', 'vault', 'vaulx'],
  ['{ NAME(id: 1) { id } }', 'vault_by_pk', 'vaulx_by_pk'],
  ['{ NAME { aggregate { count } } }', 'vault_aggregate', 'vaulx_aggregate'],
  ['{ NAME { edges { cursor } } }', 'vault_connection', 'vaulx_connection'],
  ['{ NAME(isbn: "i") { id } }', 'books_by_isbn', 'books_by_isbx'],
  ['{ books { NAME } }', 'price', 'prixe'],
  ['{ books { NAME { id } } }', 'vault', 'vaulx'],
  ['{ books { author { NAME } } }', 'secret', 'secrxt'],
  ['{ books { NAME { id } } }', 'audits', 'audixs'],
  ['{ books { stock { NAME } } }', 'shelf', 'shelx'],
  ['{ books(where: {NAME: {_eq: 1}}) { id } }', 'price', 'prixe'],
  ['{ books(where: {_not: {_or: [{NAME: {_is_null: true}}]}}) { id } }', 'price', 'prixe'],
  ['{ books(where: {author: {NAME: {_eq: "x"}}}) { id } }', 'secret', 'secrxt'],
  ['{ books(where: {NAME: {id: {_eq: 1}}}) { id } }', 'vault', 'vaulx'],
  ['{ books(where: {stock: {NAME: {_eq: "x"}}}) { id } }', 'shelf', 'shelx'],
  ['{ books(where: {NAME: {id: {_eq: 1}}}) { id } }', 'audits', 'audixs'],
  ['{ books(order_by: {NAME: asc}) { id } }', 'price', 'prixe'],
  ['{ books(order_by: {author: {NAME: asc}}) { id } }', 'secret', 'secrxt'],
  ['{ books(order_by: {NAME: {count: asc}}) { id } }', 'vault_aggregate', 'vaulx_aggregate'],
  ['{ books(distinct_on: [NAME]) { id } }', 'price', 'prixe'],
  ['{ books_aggregate { aggregate { max { NAME } } } }', 'price', 'prixe'],
  ['{ books_aggregate { aggregate { count(columns: [NAME]) } } }', 'price', 'prixe'],
  ['{ books_aggregate { nodes { NAME } } }', 'price', 'prixe'],
  ['{ books_aggregate { group_by(by: {columns: [NAME]}) { aggregate { count } } } }', 'price', 'prixe'],
  ['{ books_connection(order_by: {NAME: asc}) { edges { cursor } } }', 'price', 'prixe'],
  ['mutation { NAME(where: {}) { affected_rows } }', 'delete_vault', 'delete_vaulx'],
  ['mutation { NAME(objects: []) { affected_rows } }', 'insert_authors', 'insert_authoxs'],
  ['mutation { insert_books_one(object: {NAME: 1}) { id } }', 'price', 'prixe'],
  ['mutation { insert_books_one(object: {NAME: {data: []}}) { id } }', 'vault', 'vaulx'],
  ['mutation { insert_books_one(object: {author: {data: {NAME: 1}}}) { id } }', 'secret', 'secrxt'],
  [
    'mutation { insert_books_one(object: {id: 7}, on_conflict: {constraint: NAME, update_columns: []}) { id } }',
    'books_isbn_key',
    'books_isbx_key',
  ],
  [
    'mutation { insert_books_one(object: {id: 7}, on_conflict: {constraint: books_pkey, update_columns: [NAME]}) { id } }',
    'price',
    'prixe',
  ],
  [
    'mutation { insert_books_one(object: {id: 7}, on_conflict: {constraint: books_pkey, update_columns: [title], where: {NAME: {_eq: 1}}}) { id } }',
    'price',
    'prixe',
  ],
  ['mutation { insert_books(objects: [{id: 7}]) { returning { NAME } } }', 'price', 'prixe'],
  [
    'mutation { update_books(where: {NAME: {_eq: 1}}, _set: {title: "x"}) { affected_rows } }',
    'price',
    'prixe',
  ],
  ['mutation { update_books(where: {}, _set: {NAME: 1}) { affected_rows } }', 'price', 'prixe'],
  ['mutation { update_books(where: {}, _inc: {NAME: 1}) { affected_rows } }', 'price', 'prixe'],
  ['mutation { update_books_by_pk(pk_columns: {id: 1}, _set: {title: "x"}) { NAME } }', 'price', 'prixe'],
  ['mutation { delete_books(where: {NAME: {_eq: 1}}) { affected_rows } }', 'price', 'prixe'],
  ['mutation { delete_books_by_pk(id: 1) { NAME } }', 'price', 'prixe'],
  ['query ($it: NAME) { books(where: $it) { id } }', 'vault_bool_exp', 'vaulx_bool_exp'],
  ['{ books { ... on NAME { id } } }', 'vault', 'vaulx'],
  ['{ __type(name: "NAME") { name fields { name } } }', 'vault', 'vaulx'],
  ['{ __type(name: "NAME") { name } }', 'audits', 'audixs'],
];

const session = { role: parseRoleName(role)!, variables: new Map<string, string>() };
const hidden = ['vault', 'secret', 'price', 'shelf', 'audits', 'isbn'];

/** The response to the client, without the name that it sent. */
async function responseOf(query: string, name: string) {
  statements.length = 0;
  const text = await ask(graphs.engine(session), { query: query.replaceAll('NAME', name), variables: {} });
  expect(statements).toEqual([]);
  return text.replaceAll(name, 'NAME');
}

test.each(positions)('%s answers for %s as it does for %s', async (query, forbidden, missing) => {
  const [known, unknown] = [await responseOf(query, forbidden), await responseOf(query, missing)];
  expect(known).toBe(unknown);
  for (const word of hidden) expect(known).not.toContain(word);
  expect(known).toMatch(/"errors"|"__type":null/);
});

test('the positions can be reached: an administrator is not refused', async () => {
  const refused: string[] = [];
  for (const [query, forbidden] of positions) {
    const text = await ask(graphs.engine(), { query: query.replaceAll('NAME', forbidden), variables: {} });
    if (/Cannot query field|not defined by type|does not exist in|Unknown type|"__type":null/.test(text))
      refused.push(`${forbidden}: ${query} ${text}`);
  }
  expect(refused).toEqual([]);
});

test.each(positions.filter(([query]) => !query.includes('__type')))(
  'the plan of %s is refused for %s as for %s',
  async (query, forbidden, missing) => {
    const messageFor = async (name: string) => {
      try {
        await explainOperation(graphs, {
          query: query.replaceAll('NAME', name),
          variables: '{}',
          operationName: null,
          role,
        });
      } catch (error) {
        const { errors = [error] } = error as { errors?: readonly Error[] };
        return errors.map((one) => (one as Error).message.replaceAll(name, 'NAME')).join('\n');
      }
      throw new Error(`${name} was planned`);
    };
    expect(await messageFor(forbidden)).toBe(await messageFor(missing));
  },
);

test('a row that the role cannot see is requested and answered like a missing row', async () => {
  const asked = async (query: string) => {
    statements.length = 0;
    const text = await ask(graphs.engine(session), { query, variables: {} });
    return { text, statements: [...statements] };
  };
  const one = (id: number) =>
    asked(`{ authors_by_pk(id: ${id}) { name } authors(where: {id: {_eq: ${id}}}) { name } }`);
  const seen = await one(2);
  expect(seen.text).toBe('{"data":{"authors_by_pk":{"name":"Bob"},"authors":[{"name":"Bob"}]}}');
  expect(await one(1)).toEqual({
    text: '{"data":{"authors_by_pk":null,"authors":[]}}',
    statements: seen.statements,
  });
  expect(await one(99)).toEqual(await one(1));
});

const probes: readonly (readonly [string, string])[] = [
  ['update_notes(where: {text: {_eq: "TEXT"}}, _set: {text: "x"}) { affected_rows }', '{"affected_rows":0}'],
  ['delete_notes(where: {text: {_eq: "TEXT"}}) { affected_rows }', '{"affected_rows":0}'],
  [
    'update_notes_many(updates: [{where: {text: {_eq: "TEXT"}}, _set: {text: "x"}}]) { affected_rows }',
    '[{"affected_rows":0}]',
  ],
  ['update_notes_by_pk(pk_columns: {id: 1}, _set: {text: "x"}) { id }', 'null'],
  ['delete_notes_by_pk(id: 1) { id }', 'null'],
  [
    'insert_notes(objects: [{id: 1, text: "x"}], on_conflict: {constraint: notes_pkey, update_columns: [text], where: {text: {_eq: "TEXT"}}}) { affected_rows }',
    '{"affected_rows":0}',
  ],
];
test.each(probes)(
  '%s picks no row that cannot be read, though the role may write it',
  async (field, answer) => {
    const writer = { role: parseRoleName('writer')!, variables: new Map<string, string>() };
    const asked = async (text: string) =>
      ask(graphs.engine(writer), { query: `mutation { it: ${field.replace('TEXT', text)} }`, variables: {} });
    expect(await asked('hidden')).toBe(`{"data":{"it":${answer}}}`);
    expect(await asked('missing')).toBe(`{"data":{"it":${answer}}}`);
    expect(await ask(graphs.engine(), { query: '{ notes { id text } }', variables: {} })).toBe(
      '{"data":{"notes":[{"id":1,"text":"hidden"},{"id":2,"text":"seen"}]}}',
    );
  },
);

test('the SQL of writes that hand rows back holds the rules, as the plan does', async () => {
  const explained = (query: string) =>
    explainOperation(graphs, { query, variables: '{}', operationName: null, role: 'writer' });
  const changed = await explained(
    'mutation { update_notes(where: {text: {_eq: "x"}}, _set: {text: "y"}) { returning { id } } }',
  );
  expect(changed).toContain(
    'update "notes" set "text" = ? where ("notes"."id" > ? and "notes"."text" = ?) returning "notes"."id"',
  );
  const removed = await explained(
    'mutation { delete_notes(where: {text: {_eq: "x"}}) { returning { id } } }',
  );
  expect(removed).toContain(
    'delete from "notes" where ("notes"."id" in (select value from json_each(?)) and "notes"."id" > ? and "notes"."text" = ?)',
  );
});
