import { GraphQLSchema, parse, validate } from 'graphql';
import {
  argumentMeaning,
  buildGraph,
  fieldMeaning,
  inputMeaning,
  type LazySchema,
} from '../../src/graph/index.ts';
import { catalog, column, everything, facts, reference, source, table } from './catalogs.ts';
import { shopCatalog } from './shop.ts';

function many(count: number) {
  const tables = Array.from({ length: count }, (_, index) =>
    table(
      `t${index}`,
      [column('id', 'int'), column('parent_id', 'int', { nullable: true }), column('at', 'timestamptz')],
      {
        foreignKeys: index === 0 ? [] : [reference('parent_id', `t${index - 1}`)],
      },
    ),
  );
  return buildGraph(catalog([source('shop', tables)]), () => everything).schema as LazySchema;
}

describe('types are made when they are needed', () => {
  const operation = parse(
    'query ($id: Int!) { t7_by_pk(id: $id) { id t8(where: { at: { _gt: "2024-01-01" } }) { at } } }',
  );

  test('none at first; those of one operation, however many tables there are', () => {
    const [few, lots] = [many(20), many(300)];
    expect([few.madeTypes, lots.madeTypes]).toEqual([0, 0]);
    for (const schema of [few, lots]) expect(validate(schema, operation)).toEqual([]);
    expect(lots.madeTypes).toBe(few.madeTypes);
    expect(lots.madeTypes).toBeLessThan(20);
  });

  test('asking for a type by name makes it alone', () => {
    const schema = many(300);
    expect(schema.getType('t5_bool_exp')?.name).toBe('t5_bool_exp');
    expect(schema.getType('timestamptz_comparison_exp')?.name).toBe('timestamptz_comparison_exp');
    expect(schema.getType('timestamptz')?.name).toBe('timestamptz');
    expect(schema.getType('uuid')).toBeUndefined();
    expect(schema.getType('t5_append_input')).toBeUndefined();
    expect(schema.getType('t300')).toBeUndefined();
    expect(schema.madeTypes).toBe(2);
  });

  test('listing all makes all, and they are the same ones', () => {
    const schema = many(60);
    const before = schema.getType('t5_bool_exp');
    const types = Object.values(schema.getTypeMap());
    expect(types).toContain(before);
    expect(new Set(types.map(({ name }) => name)).size).toBe(types.length);
    expect(Object.keys(schema.getTypeMap())).toHaveLength(types.length);
    expect(new GraphQLSchema(schema.toConfig()).getType('t5_bool_exp')).toBe(before);
  });

  test('the map of types behaves as an object', () => {
    const map = many(3).getTypeMap();
    expect('t1' in map && !('t9' in map)).toBe(true);
    expect(map.constructor).toBeUndefined();
    expect({ ...map }.t1).toBe(map.t1);
    expect(() => Object.assign(map, { t9: map.t1 })).toThrow(TypeError);
  });
});

describe('suggestions', () => {
  const messages = (schema: GraphQLSchema, text: string) =>
    validate(schema, parse(text)).map(({ message }) => message);

  test('for root fields among thousands', () => {
    const [message] = messages(many(2000), '{ t1999_by_kp(id: 1) { id } }');
    expect(message).toMatch(
      /^Cannot query field "t1999_by_kp" on type "query_root". Did you mean "t1999_by_pk", /,
    );
  });

  test('for types, of all in a small graph, of those in use in a large one', () => {
    const text = 'query ($w: t3_boolexp) { t3(where: $w) { id } }';
    expect(messages(many(5), text)[0]).toMatch(/^Unknown type "t3_boolexp". Did you mean "t3_bool_exp", /);
    const large = many(300);
    expect(messages(large, text)[0]).toBe('Unknown type "t3_boolexp". Did you mean "Boolean"?');
    expect(large.madeTypes).toBeLessThan(15);
    expect(messages(large, text)[0]).toMatch(/^Unknown type "t3_boolexp". Did you mean "t3_bool_exp"/);
  });
});

test('every field, input field and argument has a meaning', () => {
  for (const naming of ['hasura-default', 'graphql-default'] as const) {
    const { schema } = buildGraph(shopCatalog(naming), () => everything, { subscriptions: true });
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__') || !('getFields' in type)) continue;
      for (const field of Object.values(type.getFields())) {
        const at = `${type.name}.${field.name}`;
        const meaning = 'args' in field ? fieldMeaning(field) : inputMeaning(field);
        expect([at, meaning?.kind]).toEqual([at, expect.any(String)]);
        if (!('args' in field)) continue;
        for (const argument of field.args)
          expect(argumentMeaning(argument)?.kind).toEqual(expect.any(String));
      }
    }
  }
});

test('a relationship to a table that the role cannot see does not exist', () => {
  const whole = catalog([
    source(
      'shop',
      facts([
        table('a', [column('id', 'int')]),
        table('b', [column('id', 'int'), column('a_id', 'int')], { foreignKeys: [reference('a_id', 'a')] }),
      ]),
    ),
  ]);
  const [name, shop] = [...whole.sources][0]!;
  const part = {
    sources: new Map([[name, { ...shop, tables: shop.tables.filter((other) => other.name === 'b') }]]),
  };
  const { schema } = buildGraph(part, () => everything);
  const type = schema.getType('b');
  expect(type !== undefined && 'getFields' in type && Object.keys(type.getFields())).toEqual([
    'id',
    'a_id',
    'node_id',
  ]);
  expect(schema.getType('a')).toBeUndefined();
});
