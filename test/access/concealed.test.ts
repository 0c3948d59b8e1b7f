import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import type { Metadata } from '../../src/catalog/index.ts';
import { FozError, parseRoleName, parseSourceName } from '../../src/core/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';
import { ask } from '../support/cases/run.ts';

/** Errors must not name what the role cannot see: columns, constraints over them, tables and sources in its rules. */

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const folder = mkdtempSync(join(tmpdir(), 'foz-concealed-'));
let registry: SourceRegistry;
let graphs: Graphs;
let down = false;

async function source(name: string, texts: readonly string[]) {
  const config = { name, kind: 'sqlite', path: join(folder, `${name}.db`) } as const;
  const connector = await connect(config, { create: true });
  for (const text of texts) await connector.run({ text, slots: [] }, [], context);
  const run: typeof connector.run = (...args) =>
    down && name === 'vaults'
      ? Promise.reject(new FozError('unavailable', 'The database cannot be reached.'))
      : connector.run(...args);
  return {
    name: parseSourceName(name)!,
    config,
    connector: Object.assign(Object.create(connector), { run }),
  };
}

const role = 'clerk';
const metadata: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'people',
      configuration: { column_config: { ssn: { validation: [{ pattern: '^\\d+$' }] } } },
      select_permissions: [{ role, permission: { columns: ['id', 'name'], filter: {} } }],
      insert_permissions: [
        {
          role,
          permission: {
            columns: ['id', 'name', 'age'],
            check: {},
            set: { ssn: 'X-Foz-Ssn', mood: 'X-Foz-Mood' },
          },
        },
      ],
    },
    {
      source: 'shop',
      table: 'visits',
      select_permissions: [
        { role, permission: { columns: ['id'], filter: { vaults: { open: { _eq: 1 } } } } },
      ],
      remote_relationships: [
        {
          name: 'vaults',
          definition: {
            to_source: {
              source: 'vaults',
              table: 'vaults',
              relationship_type: 'array',
              field_mapping: { vault_id: 'id' },
            },
          },
        },
      ],
    },
  ],
};

beforeAll(async () => {
  const shop = await source('shop', [
    `create table people (id integer primary key, name text constraint people_name_key unique, age integer,
      ssn varchar(9) constraint people_ssn_key unique, mood text constraint people_mood_check check (mood <> 'angry'),
      constraint people_age_check check (age > 0), constraint rule_two check (age < 200 or ssn is null))`,
    'create table visits (id integer primary key, vault_id integer)',
    `insert into people values (1, 'Ada', 40, '111', 'calm')`,
    'insert into visits values (1, 1), (2, 2), (3, 3)',
  ]);
  const vaults = await source('vaults', [
    'create table vaults (id integer primary key, open integer)',
    'insert into vaults values (1, 1), (2, 1), (3, 1)',
  ]);
  registry = new SourceRegistry([shop, vaults], null);
  await registry.start();
  graphs = new Graphs({ metadata, key_cap: 2 }, registry);
}, 60_000);
afterAll(() => registry.close());
afterEach(() => {
  down = false;
});

async function responseOf(query: string, variables: Readonly<Record<string, string>> = {}) {
  const session = { role: parseRoleName(role)!, variables: new Map(Object.entries(variables)) };
  const text = await ask(graphs.engine(session), { query, variables: {}, session: session.variables });
  for (const word of ['ssn_', 'people_ssn', '"ssn"', 'mood_', '"mood"', 'vault'])
    expect(text).not.toContain(word);
  const { message, extensions } = (JSON.parse(text) as { errors: [{ message: string; extensions: object }] })
    .errors[0];
  return { message, ...extensions };
}
const insert = (object: string) => `mutation { insert_people_one(object: ${object}) { id } }`;
const hidden = {
  message: 'The write would break a constraint of the database.',
  path: '$.selectionSet.insert_people_one.args.object',
  code: 'constraint-violation',
};

test('constraints over columns that are not known, or called after them, have no name', async () => {
  expect(await responseOf(insert('{id: 2, name: "Bob"}'), { ssn: '111', mood: 'calm' })).toEqual(hidden);
  expect(await responseOf(insert('{id: 2, name: "Bob"}'), { ssn: '222', mood: 'angry' })).toEqual(hidden);
});

test('a constraint over a hidden column has no name and no columns, whatever it is called', async () => {
  const answer = await responseOf(insert('{id: 2, name: "Bob", age: 300}'), { ssn: '222', mood: 'calm' });
  expect(answer).toEqual(hidden);
});

test('other constraints are named', async () => {
  const name = await responseOf(insert('{id: 2, name: "Ada"}'), { ssn: '222', mood: 'calm' });
  expect(name).toMatchObject({ constraint: 'people_name_key', columns: ['name'] });
  const age = await responseOf(insert('{id: 2, name: "Bob", age: -1}'), { ssn: '222', mood: 'calm' });
  expect(age).toMatchObject({ constraint: 'people_age_check', columns: ['age'] });
});

test('the error of a preset that does not fit does not reveal its column', async () => {
  const refusal = {
    message: 'The session variable x-foz-ssn does not fit what a permission of this role does with it.',
    path: '$.selectionSet.insert_people_one',
    code: 'access-denied',
  };
  expect(await responseOf(insert('{id: 2}'), { ssn: '0123456789', mood: 'calm' })).toEqual(refusal);
  expect(await responseOf(insert('{id: 2}'), { ssn: 'letters', mood: 'calm' })).toEqual(refusal);
});

test('a rule that leads into another source names neither it nor its tables', async () => {
  expect(await responseOf('{ visits { id } }')).toEqual({
    message:
      'A rule of this role selects more than 2 keys in another source: narrow the rule, or raise the setting key_cap.',
    path: '$.selectionSet.visits',
    code: 'limit-exceeded',
    cap: 2,
  });
  down = true;
  expect(await responseOf('{ visits { id } }')).toEqual({
    message: 'A source that a rule of this role looks into cannot answer now.',
    path: '$',
    code: 'unavailable',
  });
});
