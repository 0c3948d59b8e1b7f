import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import type { ColumnConfig, Metadata, RowValidationMetadata } from '../../src/catalog/index.ts';
import { parseSourceName } from '../../src/core/index.ts';
import type { SourceConfig } from '../../src/views/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';
import { ask } from '../support/cases/run.ts';

const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
const file = join(mkdtempSync(join(tmpdir(), 'foz-validation-')), 'shop.db');
let registry: SourceRegistry;

beforeAll(async () => {
  const source: SourceConfig = { name: 'shop', kind: 'sqlite', path: file };
  const connector = await connect(source, { create: true });
  const tables = [
    'create table products (id integer primary key, sku text, price DECIMAL(10,2), stock integer, reserved integer, details JSON)',
    'create table parts (id integer primary key, product_id integer references products, code text, weight DECIMAL(6,2), made_at TIMESTAMPTZ, opens TIME, picture BLOB)',
  ];
  for (const text of tables) await connector.run({ text, slots: [] }, [], context);
  registry = new SourceRegistry([{ name: parseSourceName('shop')!, config: source, connector }], null);
  await registry.start();
});
afterAll(() => registry.close());

const columns: Readonly<Record<string, ColumnConfig>> = {
  sku: { validation: [{ pattern: '^[A-Z]{3}-\\d+$', max_length: 8 }] },
  price: { validation: [{ min: '0.01', max: 1000, message: 'a price lies between 0.01 and 1000' }] },
  stock: { validation: [{ min: 0, max: 100 }] },
  details: {
    validation: [
      { json_schema: { type: 'object', required: ['color'], properties: { color: { type: 'string' } } } },
    ],
  },
};
const rows: readonly RowValidationMetadata[] = [
  { check: { stock: { _cgte: 'reserved' } }, message: 'more is reserved than there is' },
  { check: { _or: [{ price: { _lt: 500 } }, { stock: { _lte: 5 } }] }, message: 'expensive things are rare' },
];

const parts: Readonly<Record<string, ColumnConfig>> = {
  code: { validation: [{ pattern: '^p', message: 'a code begins with p' }] },
  weight: { validation: [{ one_of: [1, 2.5, '40'] }] },
  made_at: { validation: [{ min: '2025-01-01T00:00:00Z', max: '2025-12-31T23:59:59.5+01:00' }] },
  opens: { validation: [{ min: '08:00', max: '17:30:00' }] },
  picture: { validation: [{ min_length: 2, max_length: 4 }] },
};

function graphs(config = columns, validations = rows, partConfig = parts): Graphs {
  const metadata: Metadata = {
    tables: [
      { source: 'shop', table: 'products', configuration: { column_config: config }, validations },
      { source: 'shop', table: 'parts', configuration: { column_config: partConfig } },
    ],
  };
  return new Graphs({ metadata }, registry);
}

const own = () => graphs().engine();
const insert = (object: string) => `mutation { insert_products_one(object: ${object}) { id } }`;
async function messages(query: string): Promise<readonly { message: string; path: string; code: string }[]> {
  const { errors = [] } = JSON.parse(await ask(own(), { query, variables: {} })) as {
    errors?: { message: string; extensions: { path: string; code: string } }[];
  };
  return errors.map(({ message, extensions: { path, code } }) => ({ message, path, code }));
}

test('every rule that values break is told at once, each with its place', async () => {
  const at = '$.selectionSet.insert_products_one.args.object';
  const code = 'data-exception';
  expect(
    await messages(
      insert('{id: 1, sku: "much too long", price: "0", stock: 101, reserved: 0, details: {color: 3}}'),
    ),
  ).toEqual([
    { message: 'sku must match ^[A-Z]{3}-\\d+$', path: `${at}.sku`, code },
    { message: 'sku must be at most 8 long', path: `${at}.sku`, code },
    { message: 'a price lies between 0.01 and 1000', path: `${at}.price`, code },
    { message: 'stock must be at most 100', path: `${at}.stock`, code },
    { message: 'details must fit its JSON Schema', path: `${at}.details`, code },
  ]);
  expect(await ask(own(), { query: '{ products { id } }', variables: {} })).toBe('{"data":{"products":[]}}');
});

test('rules over the whole row end the transaction, all of them told', async () => {
  expect(
    await messages(
      insert('{id: 1, sku: "ABC-1", price: "600", stock: 10, reserved: 11, details: {color: "red"}}'),
    ),
  ).toEqual(
    rows.map(({ message }) => ({
      message,
      path: '$.selectionSet.insert_products_one.args.object',
      code: 'data-exception',
    })),
  );
  expect(await ask(own(), { query: '{ products { id } }', variables: {} })).toBe('{"data":{"products":[]}}');
});

test('what fits is written, NULL is left to the column', async () => {
  expect(
    await ask(own(), {
      query: insert('{id: 1, sku: null, price: "600", stock: 5, reserved: 0, details: {color: "red"}}'),
      variables: {},
    }),
  ).toBe('{"data":{"insert_products_one":{"id":1}}}');
});

test('updates are held to the same rules, also where the database computes the value', async () => {
  const update = (change: string) =>
    `mutation { update_products(where: {id: {_eq: 1}}, ${change}) { affected_rows } }`;
  expect(await messages(update('_set: {sku: "abc"}'))).toHaveLength(1);
  expect(await messages(update('_inc: {stock: 99}'))).toEqual([
    {
      message: 'expensive things are rare',
      path: '$.selectionSet.update_products.args',
      code: 'data-exception',
    },
  ]);
  expect(await messages(update('_inc: {stock: 200}, _set: {price: "1"}'))).toEqual([
    {
      message: 'stock must be at most 100',
      path: '$.selectionSet.update_products.args',
      code: 'data-exception',
    },
  ]);
  expect(await messages(update('_inc: {stock: 2}, _set: {price: "1"}'))).toEqual([]);
  expect(await ask(own(), { query: '{ products { id stock price reserved } }', variables: {} })).toBe(
    '{"data":{"products":[{"id":1,"stock":7,"price":"1.00","reserved":0}]}}',
  );
});

test('rules over the row hold where nothing is asked back', async () => {
  const many = (object: string) => `mutation { insert_products(objects: [${object}]) { affected_rows } }`;
  expect(await messages(many('{id: 20, stock: 6, reserved: 7}, {id: 21, stock: 5, reserved: 4}'))).toEqual([
    {
      message: 'more is reserved than there is',
      path: '$.selectionSet.insert_products.args.objects',
      code: 'data-exception',
    },
    expect.objectContaining({ message: 'expensive things are rare' }),
  ]);
  expect(await messages(many('{id: 22, stock: 5, reserved: 4, price: "1"}'))).toEqual([]);
  const upsert = (stock: number) =>
    `mutation { insert_products(objects: [{id: 22, stock: ${stock}}], on_conflict: {constraint: products_pkey, update_columns: [stock]}) { affected_rows } }`;
  expect(await messages(upsert(3))).toHaveLength(1);
  expect(await messages(upsert(4))).toEqual([]);
});

test('all that is wrong is told at once: rows around, rows within, many updates, several fields', async () => {
  const pathsOf = async (fields: string) =>
    (await messages(`mutation { ${fields} }`)).map(({ message, path }) => [
      message,
      path.replace('$.selectionSet.', '').replace('.args', ''),
    ]);
  expect(
    await pathsOf(
      'insert_products(objects: [{id: 30, stock: -1, parts: {data: [{code: "x"}, {code: "p", weight: "3"}]}}]) { affected_rows }',
    ),
  ).toEqual([
    ['stock must be at least 0', 'insert_products.objects[0].stock'],
    ['a code begins with p', 'insert_products.objects[0].parts.data[0].code'],
    ['weight must be one of 1, 2.5, 40', 'insert_products.objects[0].parts.data[1].weight'],
  ]);
  expect(
    await pathsOf(
      'update_parts_many(updates: [{where: {}, _set: {code: "x"}}, {where: {}, _set: {weight: "3"}}]) { affected_rows } ' +
        'insert_parts_one(object: {code: "y", product: {data: {id: 31, stock: 101}}}) { id }',
    ),
  ).toEqual([
    ['a code begins with p', 'update_parts_many.updates[0]._set.code'],
    ['weight must be one of 1, 2.5, 40', 'update_parts_many.updates[1]._set.weight'],
    ['a code begins with p', 'insert_parts_one.object.code'],
    ['stock must be at most 100', 'insert_parts_one.object.product.data.stock'],
  ]);
  expect(
    await ask(own(), { query: '{ parts { id } products(where: {id: {_gte: 30}}) { id } }', variables: {} }),
  ).toBe('{"data":{"parts":[],"products":[]}}');
});

const spellings: readonly (readonly [string, boolean])[] = [
  ['weight: "1.00"', true],
  ['weight: "2.50"', true],
  ['weight: 40', true],
  ['weight: "2.51"', false],
  ['made_at: "2025-01-01T00:00:00.000Z"', true],
  ['made_at: "2024-12-31T23:00:00-02:00"', true],
  ['made_at: "2025-01-01T00:59:59.9+01:00"', false],
  ['made_at: "2025-12-31T22:59:59.500Z"', true],
  ['made_at: "2025-12-31T22:59:59.501Z"', false],
  ['opens: "08:00:00"', true],
  ['opens: "07:59:59.999"', false],
  ['opens: "17:30:00.000"', true],
  ['opens: "17:30:00.001"', false],
  ['picture: "AA=="', false],
  ['picture: "AAAAAA=="', true],
  ['picture: "AAAAAAA="', false],
];
test.each(spellings)(
  'numbers, moments and bytes are compared by what they are: %s fits: %s',
  async (cell, fits) => {
    const query = `mutation { insert_parts(objects: [{${cell}}]) { affected_rows } }`;
    expect(await messages(query)).toHaveLength(fits ? 0 : 1);
  },
);

test('computed numbers are compared by what they are', async () => {
  await messages(
    'mutation { delete_parts(where: {}) { affected_rows } insert_parts_one(object: {id: 1, weight: "1.00"}) { id } }',
  );
  const plus = (by: string) =>
    messages(`mutation { update_parts(where: {}, _inc: {weight: "${by}"}) { affected_rows } }`);
  expect(await plus('1.50')).toEqual([]);
  expect(await plus('0.01')).toHaveLength(1);
});

test('the graph tells the rules', async () => {
  const query =
    '{ __type(name: "products_insert_input") { description inputFields { name description } } set: __type(name: "products_set_input") { description } }';
  const { data } = JSON.parse(await ask(own(), { query, variables: {} })) as {
    data: {
      __type: { description: string; inputFields: { name: string; description: string | null }[] };
      set: { description: string };
    };
  };
  const rowRules = 'A row is refused with: "more is reserved than there is", "expensive things are rare".';
  expect([data.__type.description, data.set.description]).toEqual([rowRules, rowRules]);
  const described = Object.fromEntries(
    data.__type.inputFields.map(({ name, description }) => [name, description]),
  );
  expect(described.sku).toBe('A value must match ^[A-Z]{3}-\\d+$, must be at most 8 long.');
  expect(described.price).toContain('(a price lies between 0.01 and 1000)');
  expect(described.reserved).toBeNull();
});

test('a JSON Schema that names itself can be read again, and stand at several columns', () => {
  const schema = () => ({
    $id: 'https://example.com/color',
    type: 'object',
    properties: { at: { format: 'time' } },
  });
  const config = () => ({ details: { validation: [{ json_schema: schema() }, { json_schema: schema() }] } });
  for (const given of [config(), config()]) expect(graphs(given).issues).toEqual([]);
  const broken = {
    details: { validation: [{ json_schema: { $id: 'https://example.com/color', type: 'nothing' } }] },
  };
  expect(graphs(broken).issues).toHaveLength(1);
  expect(graphs(config()).issues).toEqual([]);
});

test('rules that cannot be are left out and told', () => {
  const wrong = graphs({ sku: { validation: [{ pattern: '(' }, { json_schema: {} }] } }, [
    { check: { nothing: { _eq: 1 } }, message: 'x' },
  ]);
  expect(wrong.issues.map(({ where, reason }) => `${where}: ${reason}`)).toEqual([
    expect.stringMatching(/^shop\.products\.sku: a validation rule is not used: Invalid regular expression/),
    'shop.products.sku: a validation rule is not used: json_schema is for columns that hold JSON',
    'shop.products: validations[0], check.nothing: shop.products has no column or relationship "nothing"; the rule is left out',
  ]);
  const bounds = graphs(columns, rows, {
    weight: { validation: [{ min: 'light' }, { one_of: [1, 'two'] }] },
    made_at: { validation: [{ max: 'tomorrow' }] },
    picture: { validation: [{ min: 3 }] },
  });
  expect(bounds.issues.map(({ where, reason }) => `${where}: ${reason}`)).toEqual([
    'shop.parts.weight: a validation rule is not used: "light" is no value of its column',
    'shop.parts.weight: a validation rule is not used: "two" is no value of its column',
    'shop.parts.made_at: a validation rule is not used: "tomorrow" is no value of its column',
    'shop.parts.picture: a validation rule is not used: min and max are not for bytea',
  ]);
});
