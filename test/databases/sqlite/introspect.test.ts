import { readCreated, viewCasts } from '../../../src/databases/sqlite/created.ts';
import { declaredType } from '../../../src/databases/sqlite/types.ts';
import { cleanUp, everything, fixture, freshFile, open, patient, say, script } from './support.ts';

afterAll(cleanUp);

const rich = `
create table customers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email VARCHAR(80) not null unique,
  "Full Name" TEXT not null,
  status TEXT not null default 'active' check (status in ('active', 'it''s over')),
  rating TEXT constraint "known rating" check (("rating" is null or "rating" in ('good', 'bad', null))),
  balance DECIMAL(12, 2) not null default 0,
  points BIGINT,
  born DATE,
  seen TIMESTAMP default current_timestamp,
  prefs JSONB,
  photo BLOB,
  shout TEXT generated always as (upper(email)) virtual,
  loud TEXT as (upper(email)) stored,
  secret XYZZY(3),
  anything
);
create table tags (code CHAR(3), lang CHAR(2), label TEXT, primary key (lang, code)) without rowid;
create table customer_tags (
  customer_id INTEGER not null references customers,
  code CHAR(3),
  lang CHAR(2),
  note TEXT,
  constraint customer_tags_unique unique (customer_id, code, lang),
  constraint to_tags foreign key (lang, code) references TAGS (LANG, CODE),
  foreign key (note) references gone (id)
);
create table strict_one (id INT primary key, v ANY, r REAL) strict;
create unique index tags_label on tags (label);
create unique index partial_one on tags (label) where label <> '';
create unique index by_expression on tags (lower(label));
create view names as select id, email, "Full Name" from customers;
create trigger names_insert instead of insert on names begin select 1; end;
create trigger names_delete /* of update */ INSTEAD OF DELETE on names begin select 1; end;
create view broken as select * from missing_table;
create virtual table search using fts5(body);
`;

test('reads tables, views, keys, types and checks', async () => {
  const { facts } = await fixture(rich);
  const table = (name: string) => facts.tables.find((found) => found.name === name)!;
  expect(facts.engine).toBe('sqlite');
  expect(facts.version).toMatch(/^3\.\d+/);
  expect(facts.tables.map(({ name, kind }) => [name, kind])).toEqual([
    ['customers', 'table'],
    ['tags', 'table'],
    ['customer_tags', 'table'],
    ['strict_one', 'table'],
    ['names', 'view'],
  ]);
  const brief = table('customers').columns.map((column) => [
    column.name,
    column.scalar,
    column.nullable,
    column.defaultExpression,
    column.identity ?? column.enumName ?? (column.generated ? 'generated' : null),
  ]);
  expect(brief).toEqual([
    ['id', 'int', false, null, 'by default'],
    ['email', 'text', false, null, null],
    ['Full Name', 'text', false, null, null],
    ['status', 'enum', false, "'active'", 'customers_status'],
    ['rating', 'enum', true, null, 'customers_rating'],
    ['balance', 'numeric', false, '0', null],
    ['points', 'bigint', true, null, null],
    ['born', 'date', true, null, null],
    ['seen', 'timestamp', true, 'current_timestamp', null],
    ['prefs', 'jsonb', true, null, null],
    ['photo', 'bytea', true, null, null],
    ['shout', 'text', true, null, 'generated'],
    ['loud', 'text', true, null, 'generated'],
    ['secret', 'opaque', true, null, null],
    ['anything', 'opaque', true, null, null],
  ]);
  expect(table('customers').columns[1]).toMatchObject({ maxLength: 80, nativeType: 'VARCHAR(80)' });
  expect(table('customers').columns[5]).toMatchObject({ precision: 12, scale: 2 });
  expect(facts.enums).toEqual([
    { name: 'customers_status', namespace: null, values: ['active', "it's over"], comment: null },
    { name: 'customers_rating', namespace: null, values: ['good', 'bad'], comment: null },
  ]);
  expect(table('customers').primaryKey).toEqual({ name: 'customers_pkey', columns: ['id'] });
  expect(table('customers').uniqueKeys).toEqual([{ name: 'customers_email_key', columns: ['email'] }]);
  expect(table('tags').primaryKey).toEqual({ name: 'tags_pkey', columns: ['lang', 'code'] });
  expect(table('tags').columns.map(({ nullable, identity }) => [nullable, identity])).toEqual([
    [false, null],
    [false, null],
    [true, null],
  ]);
  expect(table('tags').uniqueKeys).toEqual([{ name: 'tags_label', columns: ['label'] }]);
  expect(table('customer_tags').uniqueKeys).toEqual([
    { name: 'customer_tags_unique', columns: ['customer_id', 'code', 'lang'] },
  ]);
  expect(table('customer_tags').foreignKeys).toEqual([
    {
      name: 'customer_tags_customer_id_fkey',
      columns: ['customer_id'],
      toNamespace: null,
      toTable: 'customers',
      toColumns: ['id'],
    },
    {
      name: 'to_tags',
      columns: ['lang', 'code'],
      toNamespace: null,
      toTable: 'tags',
      toColumns: ['lang', 'code'],
    },
  ]);
  expect(table('strict_one').columns.map(({ scalar, identity }) => [scalar, identity])).toEqual([
    ['int', null],
    ['opaque', null],
    ['float', null],
  ]);
  expect(table('names')).toMatchObject({
    insertable: true,
    updatable: false,
    deletable: true,
    primaryKey: null,
  });
  expect(table('tags')).toMatchObject({ insertable: true, updatable: true, deletable: true });
  const issues = facts.issues.map(({ table: where, column, reason }) => [
    where,
    column,
    reason.replace(/:.*/s, ''),
  ]);
  expect(issues.sort()).toEqual(
    [
      ['search', null, 'a virtual table is left out'],
      ['broken', null, 'the view is left out'],
      ['customers', 'secret', 'the type XYZZY(3) is not known'],
      ['customer_tags', 'note', 'the foreign key is left out'],
    ].sort(),
  );
});

test('reads only what is asked for', async () => {
  const made = await fixture(
    'create table app_a (x); create table app_b (x); create table "we.ird" (x); create table other (x)',
  );
  const names = async (include: string[], exclude: string[]) => {
    const facts = await made.connector.introspect(
      { ...everything, tables: { include, exclude } },
      patient.signal,
    );
    return facts.tables.map(({ name }) => name);
  };
  expect(await names(['app_*'], [])).toEqual(['app_a', 'app_b']);
  expect(await names(['app_?'], ['*b'])).toEqual(['app_a']);
  expect(await names([], ['app_*', 'we.ird'])).toEqual(['other']);
  expect(await names(['we.*'], [])).toEqual(['we.ird']);
});

test('notes how moments are stored, and writes them alike', async () => {
  const made =
    await fixture(`create table t (id INTEGER PRIMARY KEY, a TIMESTAMP, b DATETIME, c TIMESTAMPTZ, d DATETIME, e DATETIME);
    insert into t values (1, '2024-02-29T12:00:00.000Z', 1709208000000, '2024-02-29 12:00:00+00:00', null, 1709208000);`);
  expect(made.facts.tables[0]!.columns.map(({ castType }) => castType)).toEqual([
    null,
    'momentT3Z',
    'epoch ms',
    'moment_+00:00',
    null,
    'epoch s',
  ]);
  const table = made.table('t');
  const columns = ['a', 'b', 'c', 'd', 'e'].map((name) => table.column.get(name)!);
  const written = made.connector.compileWrite({
    kind: 'insert',
    table,
    columns,
    rows: [
      columns.map((column) => ({
        type: column.type,
        shape: 'value',
        source: { kind: 'constant', value: '2024-03-01T10:30:00.5' },
        column,
        path: '$',
      })),
    ],
    onConflict: null,
    returning: [],
  });
  const values = written.statement.slots.map(({ encode }) => encode('2024-03-01T10:30:00.5'));
  await made.connector.run(written.statement, values, patient);
  expect((await say(made.connector, 'select a, b, c, d, e from t where id = 2')).rows).toEqual([
    [
      '2024-03-01T10:30:00.500Z',
      1709289000500,
      '2024-03-01 10:30:00.5+00:00',
      '2024-03-01 10:30:00.5',
      1709289000.5,
    ],
  ]);
});

test('an empty database has nothing', async () => {
  const { facts } = await fixture('');
  expect(facts).toMatchObject({ tables: [], enums: [], issues: [], defaultNamespace: null });
});

test('enums whose names would collide are told apart', async () => {
  const { facts } = await fixture(
    `create table a_b (c TEXT check (c in ('x'))); create table a (b_c TEXT check (b_c in ('y')));`,
  );
  expect(facts.enums.map(({ name }) => name)).toEqual(['a_b_c', 'a_b_c_2']);
});

describe('the text of a table', () => {
  const lists = (text: string) => Object.fromEntries(readCreated(text).lists);

  test.each([
    [`create table t (a TEXT check (a in ('x', 'y')))`, { a: ['x', 'y'] }],
    [`create table "t (" ("a,b" TEXT, check ("a,b" in ('(', ')', ',')))`, { 'a,b': ['(', ')', ','] }],
    ["create table [t] (`a` TEXT check (((`a` IN ('x')))))", { a: ['x'] }],
    [
      `create table t (a TEXT default 'check (a in (''q''))', b TEXT check (b in ('z'))) -- check (a in ('n'))`,
      { b: ['z'] },
    ],
    [`create table t (a /* check (a in ('n')) */ TEXT, constraint "check" check (a in ('x')))`, { a: ['x'] }],
    [`create table t (a TEXT check (a in ('x') and length(a) > 1))`, {}],
    [`create table t (a TEXT check (a not in ('x')))`, {}],
    [`create table t (a TEXT check (lower(a) in ('x')))`, {}],
    [`create table t (a INT check (a in (1, 2)))`, {}],
    [`create table t (a TEXT check (a in (select 'x')))`, {}],
    [`create table t (a TEXT check (a in ()))`, {}],
    [`create table t (a TEXT check (a in ('unfinished`, {}],
    ['create table t (', {}],
    ['', {}],
  ])('%s', (text, expected) => {
    expect(lists(text)).toEqual(expected);
  });

  test('declared names of keys', () => {
    const { names } = readCreated(`create table t (
      a INT constraint a_is_key primary key constraint a_refers references u (x),
      b INT constraint not_for_unique not null unique,
      constraint "b and c" unique (b, "C" desc), constraint f foreign key (b) references u)`);
    expect(Object.fromEntries(names)).toEqual({
      '["primary","a"]': 'a_is_key',
      '["foreign","a"]': 'a_refers',
      '["unique","b","c"]': 'b and c',
      '["foreign","b"]': 'f',
    });
  });
});

test.each([
  ['create view v as select a, cast(sum(b) as DECIMAL(14, 2)) as spent from t', { 1: 'DECIMAL(14,2)' }],
  [
    `create view "v as" (x, y) as with c as (select cast(1 as TEXT)) select distinct cast(cast(a as TEXT) as double precision), 'cast(1 as INT)' from c`,
    { 0: 'double precision' },
  ],
  ['create view v as select cast(a as INT) + 1, cast(b as DATE) from t', { 1: 'DATE' }],
  ['create view v as select t.*, cast(b as DATE) from t', {}],
  ['create view v as values (1)', {}],
  ['create view', {}],
  [null, {}],
])('casts of %s', (text, expected) => {
  expect(Object.fromEntries(viewCasts(text))).toEqual(expected);
});

test.each([
  ['VARCHAR(40)', 'text'],
  ['character varying (40)', 'text'],
  ['DECIMAL', 'numeric'],
  ['double  precision', 'float'],
  ['TIMESTAMP(3) WITH TIME ZONE', 'timestamptz'],
  ['tinyint(1)', 'boolean'],
  ['TINYINT', 'smallint'],
  ['UNSIGNED BIG INT', 'bigint'],
  ['constructor', 'opaque'],
  ['', 'opaque'],
])('a column declared %s is %s', (declared, scalar) => {
  expect(declaredType(declared).scalar).toBe(scalar);
});

test('5,000 tables are read in one go', async () => {
  const file = freshFile();
  const columns = Array.from({ length: 18 }, (_, index) => `c${index} VARCHAR(40)`).join(', ');
  const tables = Array.from(
    { length: 5000 },
    (_, index) =>
      `create table t${index} (id INTEGER PRIMARY KEY, at TIMESTAMP, parent INTEGER references t${Math.max(0, index - 1)} (id), ${columns});`,
  );
  script(file, `pragma synchronous = off; begin; ${tables.join('')} commit;`);
  const connector = open({ file });
  const started = performance.now();
  const facts = await connector.introspect(everything, patient.signal);
  const took = performance.now() - started;
  expect(facts.tables.length).toBe(5000);
  expect(facts.tables.every((table) => table.columns.length === 21 && table.foreignKeys.length === 1)).toBe(
    true,
  );
  process.stdout.write(`introspection of 5,000 tables of 21 columns: ${Math.round(took)} ms\n`);
}, 60_000);
