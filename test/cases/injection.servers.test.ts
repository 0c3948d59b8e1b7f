import { type GraphQLInputObjectType, type GraphQLSchema, parse } from 'graphql';
import type { Operator } from '../../src/catalog/index.ts';
import { inputMeaning } from '../../src/graph/index.ts';
import type { Connector } from '../../src/plan/index.ts';
import { answerOf } from '../conformance/reference.ts';
import { hostile } from '../support/cases/hostile.ts';
import { type Instance, openInstance } from '../support/cases/instance.ts';
import { ask } from '../support/cases/run.ts';
import { testEngines } from '../support/engine/index.ts';
import { standInLosesKey } from '../support/engine/stand-in.ts';
import { describeTurns } from '../support/turns.ts';

type Answer = {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
};

/** Hostile values in every operator, argument and column must be treated as data, never as SQL. */
describeTurns(['pg'], (engine) => {
  let instance: Instance;
  let schema: GraphQLSchema;
  beforeAll(async () => {
    instance = await openInstance(engine, true, 'injection');
    schema = instance.hasura.options.schema;
  }, 120_000);
  afterAll(() => instance?.close());

  const run = async (query: string, variables: Record<string, unknown> = {}) =>
    JSON.parse(await ask(instance.hasura, { query, variables })) as Answer;
  const likeReference = async (query: string, variables: Record<string, unknown>) =>
    expect(await run(query, variables)).toEqual(
      JSON.parse(JSON.stringify(await answerOf(schema, parse(query), variables))),
    );
  const operatorsOf = (type: string) =>
    Object.values((schema.getType(type) as GraphQLInputObjectType).getFields()).map(
      (field) => (inputMeaning(field) as { readonly operator: Operator }).operator,
    );

  const textType = () =>
    String((schema.getType('texts_bool_exp') as GraphQLInputObjectType).getFields().value!.type);

  /** Expects all tables to be unchanged: the reference implementation has all their rows. */
  afterEach(async () => {
    const tables = [
      'texts { id kind value }',
      'customers { id email full_name nickname balance }',
      'warehouses { code city }',
      'tags { id name }',
      'products { id sku name }',
    ];
    for (const table of tables)
      await likeReference(
        `{ ${table.replace(' {', `(order_by: {${/\{ (\w+)/.exec(table)![1]}: asc}) {`)} }`,
        {},
      );
  }, 30_000);

  /**
   * Operators that the reference cannot evaluate: expressions and searches have a language of their own, and orders depend on the
   * collation.
   */
  const other = new Set<Operator>([
    '_regex',
    '_nregex',
    '_iregex',
    '_niregex',
    '_similar',
    '_nsimilar',
    '_search',
    '_gt',
    '_gte',
    '_lt',
    '_lte',
    '_between',
    '_is_null',
  ]);

  test('operators of text', async () => {
    const operators = operatorsOf(textType());
    expect(operators.length).toBeGreaterThan(20);
    for (const operator of operators.filter((name) => !other.has(name))) {
      // Some collations treat an apostrophe and characters that look like it as equal.
      const collated = /^_(n?eq|n?in|is_distinct_from)$/.test(operator) && !testEngines[engine].exactTexts;
      const values = collated ? hostile.filter((text) => /^[ -~]*$/.test(text)) : hostile;
      const list = operator === '_in' || operator === '_nin';
      const query = `query ($v: ${list ? '[String!]' : 'String'}) { texts(where: {value: {${operator}: $v}}, order_by: {id: asc}) { id } }`;
      const pattern = operator.endsWith('like');
      for (const value of values.filter((text) => !pattern || !/(^|[^\\])(\\\\)*\\$/.test(text)))
        await likeReference(query, { v: list ? [value] : value });
      if (list) await likeReference(query, { v: values });
    }
  }, 60_000);

  test('orders, ranges and expressions of text', async () => {
    for (const operator of operatorsOf(textType()).filter((name) => other.has(name) && name !== '_is_null')) {
      const pair = operator === '_between';
      const query = `query ($v: ${pair ? '[String!]' : 'String'}) { texts(where: {value: {${operator}: $v}}) { id } }`;
      for (const value of hostile) {
        const answer = await run(query, { v: pair ? [value, value] : value });
        // A hostile text may be an invalid expression. Then the error must be about the value.
        if (answer.errors === undefined) expect(answer.data).toHaveProperty('texts');
        else
          expect([operator, value, answer.errors[0]!.extensions.code]).toEqual([
            operator,
            value,
            'data-exception',
          ]);
      }
    }
  }, 60_000);

  test('values within JSON', async () => {
    const type = (schema.getType('products_bool_exp') as GraphQLInputObjectType).getFields().attributes!.type;
    const json = String(type).replace('_comparison_exp', '');
    for (const operator of operatorsOf(String(type)).filter((name) => name !== '_is_null')) {
      const keys = operator.startsWith('_has_keys');
      const needed = operator === '_has_key' ? 'String' : keys ? '[String!]' : json;
      const query = `query ($v: ${needed}) { products(where: {attributes: {${operator}: $v}}, order_by: {id: asc}) { id } }`;
      for (const value of hostile) {
        const given =
          operator === '_has_key' ? [value] : keys ? [[value]] : [value, [value], { [value]: value }];
        for (const v of given) await likeReference(query, { v });
      }
    }
  }, 60_000);

  test('paths into JSON', async () => {
    const [{ capabilities }] = [...instance.connectors.values()] as [Connector];
    if (!capabilities.jsonPath) {
      const refused = await run('{ products { attributes(path: "a") } }');
      expect(refused.errors?.[0]?.extensions.code).toBe('validation-failed');
      return;
    }
    for (const value of hostile) {
      const quoted = `$[${JSON.stringify(value)}]`;
      const asked = {
        query: 'query ($p: String) { products(order_by: {id: asc}) { attributes(path: $p) } }',
      };
      const answer = await run(asked.query, { p: quoted });
      expect([
        value,
        new Set(
          (answer.data as { products: { attributes: unknown }[] }).products.map((row) => row.attributes),
        ),
      ]).toEqual([value, new Set([null])]);
      const bare = await run(asked.query, { p: value });
      if (bare.errors !== undefined) expect(bare.errors[0]!.extensions.code).toBe('validation-failed');
    }
  }, 60_000);

  test('keys', async () => {
    for (const v of hostile) {
      await likeReference(
        'query ($v: String!) { warehouses_by_pk(code: $v) { code } customers_by_email(email: $v) { id } tags_by_name(name: $v) { id } }',
        { v },
      );
      await likeReference(
        'query ($v: String!) { addresses_by_customer_id_label(customer_id: 1, label: $v) { id } }',
        { v },
      );
    }
  }, 60_000);

  test('bytes', async () => {
    for (const text of hostile) {
      const v = Buffer.from(text).toString('base64');
      await likeReference(
        'query ($v: bytea!) { every_type(where: {a_bytea: {_eq: $v}}) { id } all: every_type(where: {a_bytea: {_in: [$v]}}) { id } }',
        { v },
      );
    }
  });

  test('cursors', async () => {
    const cursor = (...values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url');
    for (const text of hostile) {
      const tags =
        'query ($c: String!) { tags_connection(first: 2, after: $c, order_by: [{name: asc}]) { nodes { id } } }';
      expect(await run(tags, { c: cursor(text) })).toHaveProperty('data.tags_connection.nodes');
      for (const c of [text, cursor(text, text), cursor([text]), cursor({ a: text })]) {
        const answer = await run(
          'query ($c: String!) { customers_connection(first: 2, after: $c, order_by: [{id: asc}]) { nodes { id } } }',
          { c },
        );
        expect([text, answer.errors?.[0]?.extensions.code]).toEqual([text, 'validation-failed']);
      }
      // The key is a number, and the value is not.
      const answer = await run(
        'query ($c: String!) { customers_connection(first: 2, after: $c, order_by: [{id: asc}]) { nodes { id } } }',
        { c: cursor(text) },
      );
      expect([text, answer.errors?.[0]?.extensions.code]).toEqual([text, 'validation-failed']);
    }
  }, 60_000);

  const typed: Record<string, string> = {
    id: 'Int',
    a_boolean: 'Boolean',
    a_smallint: 'smallint',
    a_bigint: 'bigint',
    a_numeric: 'numeric',
    a_real: 'real',
    a_float: 'float8',
    a_date: 'date',
    a_time: 'time',
    a_timestamp: 'timestamp',
    a_timestamptz: 'timestamptz',
  };
  test.each(Object.entries(typed))(
    '%s takes no text',
    async (column) => {
      const field = (schema.getType('every_type_bool_exp') as GraphQLInputObjectType).getFields()[column]!;
      const type = String(field.type).replace('_comparison_exp', '');
      for (const operator of operatorsOf(String(field.type)).filter((name) => name !== '_is_null')) {
        const list = ['_in', '_nin', '_between'].includes(operator);
        const query = `query ($v: ${list ? `[${type}!]` : type}) { every_type(where: {${column}: {${operator}: $v}}) { id } }`;
        for (const value of hostile) {
          const answer = await run(query, { v: list ? [value, value] : value });
          expect([operator, value, answer.errors?.[0]?.extensions.code]).toEqual([
            operator,
            value,
            'validation-failed',
          ]);
        }
      }
    },
    30_000,
  );

  test('counts, orders and names that are text', async () => {
    for (const v of hostile) {
      for (const [type, use] of [
        ['Int', 'texts(limit: $v)'],
        ['Int', 'texts(offset: $v)'],
        ['[texts_select_column!]', 'texts(distinct_on: $v)'],
        ['[texts_order_by!]', 'texts(order_by: $v)'],
        ['order_by', 'texts(order_by: {id: $v})'],
        ['texts_bool_exp', 'texts(where: $v)'],
      ]) {
        const answer = await run(`query ($v: ${type}) { ${use} { id } }`, { v });
        expect([use, v, answer.errors?.[0]?.extensions.code]).toEqual([use, v, 'validation-failed']);
      }
    }
  }, 60_000);

  test('values that are written', async () => {
    const rows = hostile.map((value, index) => ({ id: 1000 + index, kind: 'hostile', value }));
    const insert =
      'mutation ($o: [texts_insert_input!]!) { insert_texts(objects: $o) { affected_rows returning { id kind value } } }';
    try {
      expect(await run(insert, { o: rows })).toEqual({
        data: { insert_texts: { affected_rows: rows.length, returning: rows } },
      });
      const read =
        'query ($k: String!) { texts(where: {kind: {_eq: $k}}, order_by: {id: asc}) { id kind value } }';
      expect(await run(read, { k: 'hostile' })).toEqual({ data: { texts: rows } });
      for (const { id, value } of rows) {
        const update =
          'mutation ($id: Int!, $v: String!) { update_texts_by_pk(pk_columns: {id: $id}, _set: {value: $v}) { value } update_texts(where: {kind: {_eq: "hostile"}, value: {_eq: $v}}, _set: {value: $v}) { affected_rows } }';
        const other = hostile[(id + 7) % hostile.length]!;
        const answer = await run(update, { id, v: other });
        expect(answer).toHaveProperty('data.update_texts_by_pk.value', other);
        const one = await run('query ($id: Int!) { texts_by_pk(id: $id) { value } }', { id });
        expect(one).toEqual({ data: { texts_by_pk: { value: other } } });
        const upsert = `mutation ($o: texts_insert_input!) { insert_texts_one(object: $o, on_conflict: {constraint: ${keyName()}, update_columns: [value]}) { value } }`;
        expect(await run(upsert, { o: { id, kind: 'hostile', value } })).toEqual({
          data: { insert_texts_one: { value } },
        });
      }
    } finally {
      const gone = await run('mutation { delete_texts(where: {kind: {_eq: "hostile"}}) { affected_rows } }');
      expect(gone).toEqual({ data: { delete_texts: { affected_rows: rows.length } } });
    }
  }, 60_000);

  const keyName = () => {
    const type = schema.getType('texts_constraint') as unknown as { getValues(): { name: string }[] };
    return type.getValues()[0]!.name;
  };

  test('keys that go from one source to another', async () => {
    // The columns hold at most 20 characters.
    const keys = hostile.filter(
      (text) => [...text].length <= 20 && text !== '' && !standInLosesKey(engine, text),
    );
    const products = keys.map((sku, index) => ({ id: 2000 + index, sku, name: 'hostile', price: '1.00' }));
    const notes = keys.map((sku, index) => ({ id: 2000 + index, sku, note: sku }));
    try {
      expect(
        await run(
          'mutation ($p: [products_insert_input!]!, $n: [product_notes_insert_input!]!) { insert_products(objects: $p) { affected_rows } insert_product_notes(objects: $n) { affected_rows } }',
          { p: products, n: notes },
        ),
      ).toHaveProperty('data');
      const there = await run(
        '{ products(where: {name: {_eq: "hostile"}}, order_by: {id: asc}) { sku notes { note } notes_aggregate { aggregate { count } } } }',
      );
      expect(there).toEqual({
        data: {
          products: keys.map((sku) => ({
            sku,
            notes: [{ note: sku }],
            notes_aggregate: { aggregate: { count: 1 } },
          })),
        },
      });
      const back = await run(
        '{ product_notes(where: {product: {name: {_eq: "hostile"}}}, order_by: [{product: {id: desc}}]) { sku product { sku } } }',
      );
      expect(back).toEqual({
        data: { product_notes: [...keys].reverse().map((sku) => ({ sku, product: { sku } })) },
      });
    } finally {
      expect(
        await run(
          'mutation { delete_products(where: {name: {_eq: "hostile"}}) { affected_rows } delete_product_notes(where: {id: {_gte: 2000}}) { affected_rows } }',
        ),
      ).toEqual({
        data: {
          delete_products: { affected_rows: keys.length },
          delete_product_notes: { affected_rows: keys.length },
        },
      });
    }
  }, 60_000);
});
