import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import type { FozConfig } from '../../src/control/index.ts';
import { type Started, start } from '../../src/main.ts';
import { connect } from '../support/connect.ts';
import { untilRead } from '../support/ready.ts';
import { post } from './engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-paths-'));
const secret = 'a secret of some length';
let foz: Started;

beforeAll(async () => {
  const file = join(folder, 'shop.db');
  const own = await connect('sqlite', file);
  for (const text of [
    'create table authors (id integer primary key, name text not null unique)',
    'create table books (id integer primary key, title text check (length(title) < 10), author_id integer not null references authors)',
    "insert into authors values (1, 'Ada')",
    "insert into books values (1, 'One', 1)",
  ])
    await own.execute(text);
  await own.close();
  const clerk = {
    role: 'clerk',
    permission: { columns: '*', filter: {}, check: { id: { _lt: 100 } } },
  } as const;
  const config: FozConfig = {
    state: join(folder, 'state'),
    server: { port: 0, graphiql: false, limits: { depth: 4, batch: 50 } },
    auth: { admin_secrets: [secret] },
    sources: [{ name: 'shop', kind: 'sqlite', path: file }],
    metadata: {
      tables: ['authors', 'books'].map((table) => ({
        source: 'shop',
        table,
        select_permissions: [{ role: 'clerk', permission: { columns: '*', filter: {} } }],
        insert_permissions: [clerk],
        update_permissions: [clerk],
        delete_permissions: [{ role: 'clerk', permission: { filter: {} } }],
      })),
    },
  };
  foz = await start(config, { logger: pino({ level: 'silent' }) });
  await untilRead(foz);
}, 300_000);
afterAll(async () => {
  await foz?.close(0);
  rmSync(folder, { recursive: true, force: true });
});

interface Wrong {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Codes and paths, in their order. */
  readonly told: readonly string[];
}

const authors = '$.selectionSet.authors';
const name = 'insert_authors_one';
const reads: readonly Wrong[] = [
  { query: '{ authors { id nme } }', told: [`validation-failed ${authors}.selectionSet.nme`] },
  {
    query: '{ authors { ...A } } fragment A on authors { books(where: {titel: {_eq: "x"}}) { id } }',
    told: [`validation-failed ${authors}.selectionSet.books.args.where.titel`],
  },
  { query: '{ authors(limit: "3") { id } }', told: [`validation-failed ${authors}.args.limit`] },
  { query: '{ authors_by_pk { id } }', told: ['validation-failed $.selectionSet.authors_by_pk'] },
  {
    query: 'query ($w: authors_bool_exp, $n: Int) { authors(where: $w, limit: $n) { id } }',
    variables: { w: { _or: [{ books: { id: { _in: [1, 'x'] } } }, { nme: {} }] }, n: 'many' },
    told: [
      'validation-failed $.variableValues.w._or[0].books.id._in[1]',
      'validation-failed $.variableValues.w._or[1].nme',
      'validation-failed $.variableValues.n',
    ],
  },
  {
    query: 'query ($id: Int!) { authors_by_pk(id: $id) { id } }',
    told: ['validation-failed $.variableValues.id'],
  },
  {
    query:
      'query ($w: authors_bool_exp!) { authors(where: {_and: [{books: {title: {_in: ["a", "b"]}}}, $w]}) { id } }',
    variables: { w: { name: { _in: '{a,b}' } } },
    told: ['validation-failed $.variableValues.w.name._in'],
  },
  {
    query: 'query ($n: Int) { authors(limit: $n) { id } }',
    variables: { n: -1 },
    told: [`validation-failed ${authors}.args.limit`],
  },
  {
    query: '{ authors { books { author { ...A } } } } fragment A on authors { name books { id } }',
    told: [
      `limit-exceeded ${authors}.selectionSet.books.selectionSet.author.selectionSet.books.selectionSet.id`,
    ],
  },
  { query: '{ authors { id', told: ['parse-failed $'] },
  {
    query: '{ authors { id } books { nme } }',
    told: ['validation-failed $.selectionSet.books.selectionSet.nme'],
  },
];

const writes: readonly Wrong[] = [
  {
    query: 'mutation ($n: String!) { insert_authors_one(object: {name: $n}) { id } }',
    variables: { n: 'Ada' },
    told: [`constraint-violation $.selectionSet.${name}.args.object`],
  },
  {
    query:
      'mutation { insert_books(objects: [{title: "a", author: {data: {name: "Ada"}}}]) { affected_rows } }',
    told: ['constraint-violation $.selectionSet.insert_books.args.objects[0].author.data'],
  },
  {
    query:
      'mutation ($o: [authors_insert_input!]!) { insert_authors(objects: $o) { affected_rows returning { id books { id } } } }',
    variables: { o: [{ name: 'B' }, { name: 'C', books: { data: [{ title: 'much too long' }] } }] },
    told: ['constraint-violation $.selectionSet.insert_authors.args.objects[1].books.data'],
  },
  {
    query: 'mutation { update_books(where: {}, _set: {title: "much too long"}) { affected_rows } }',
    told: ['constraint-violation $.selectionSet.update_books.args'],
  },
  {
    query:
      'mutation { update_books_many(updates: [{where: {}, _set: {title: "b"}}, {where: {}, _set: {title: "much too long"}}]) { affected_rows } }',
    told: ['constraint-violation $.selectionSet.update_books_many.args.updates[1]'],
  },
  {
    query:
      'mutation { a: insert_authors_one(object: {name: "D"}) { id } delete_authors(where: {id: {_eq: 1}}) { affected_rows } }',
    told: ['constraint-violation $.selectionSet.delete_authors'],
  },
  {
    query: 'mutation { insert_authors(objects: [{name: "E"}, {id: 100, name: "F"}]) { affected_rows } }',
    told: ['permission-error $.selectionSet.insert_authors.args.objects'],
  },
  {
    query: 'mutation { insert_books_one(object: {title: "a"}) { id } }',
    told: ['constraint-violation $.selectionSet.insert_books_one.args.object.author_id'],
  },
];

interface Answer {
  readonly errors?: readonly { readonly extensions: { readonly code: string; readonly path: string } }[];
}
const toldIn = ({ errors = [] }: Answer) => errors.map(({ extensions: { code, path } }) => `${code} ${path}`);
const headers = { 'x-foz-admin-secret': secret, 'x-foz-role': 'clerk' };

test.each([...reads, ...writes])('the path of $told: $query', async ({ query, variables, told }) => {
  const asked = { query, variables };
  // The second time from the plan, where there is one.
  for (const _ of [1, 2])
    expect(toldIn(JSON.parse((await post(foz.url, asked, headers)).text))).toEqual(told);
});

test.each(reads)('the path is the same by GET: $query', async ({ query, variables, told }) => {
  const parameters = new URLSearchParams({
    query,
    ...(variables === undefined ? {} : { variables: JSON.stringify(variables) }),
  });
  const response = await fetch(`${foz.url}graphql?${parameters}`, {
    headers: { ...headers, 'apollo-require-preflight': 'yes' },
  });
  expect(toldIn((await response.json()) as Answer)).toEqual(told);
});

test('the paths are the same in a batch', async () => {
  const all = [...reads, ...writes];
  const { text } = await post(
    foz.url,
    all.map(({ query, variables }) => ({ query, variables })),
    headers,
  );
  expect((JSON.parse(text) as Answer[]).map(toldIn)).toEqual(all.map(({ told }) => told));
});

test('the paths are the same over a WebSocket', async () => {
  const client = createClient({
    url: `${foz.url.replace('http', 'ws')}graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { headers },
  });
  try {
    for (const { query, variables, told } of [...reads, ...writes]) {
      const answer = await new Promise<Answer>((resolve, reject) => {
        client.subscribe(
          { query, ...(variables === undefined ? {} : { variables: { ...variables } }) },
          {
            next: (result) => resolve(result as Answer),
            // An operation that is refused has errors only; anything else is no answer.
            error: (errors) =>
              Array.isArray(errors) ? resolve({ errors: errors as Answer['errors'] & {} }) : reject(errors),
            complete: () => {},
          },
        );
      });
      expect([query, toldIn(answer)]).toEqual([query, told]);
    }
  } finally {
    await client.dispose();
  }
});
