import { GraphQLEnumType, GraphQLSchema, printType, validateSchema } from 'graphql';
import { type Metadata, type Naming, operatorSupport } from '../../src/catalog/index.ts';
import { buildGraph } from '../../src/graph/index.ts';
import { camelCase, pascalCase, spellName, upperCase } from '../../src/graph/names/identifier.ts';
import { labelValues } from '../../src/graph/names/members.ts';
import { catalog, column, everything, facts, little, reference, source, table } from './catalogs.ts';

type Input = Parameters<typeof source>;

function graphOf(inputs: readonly Input[], metadata?: Metadata) {
  const built = buildGraph(
    catalog(
      inputs.map((input) => source(...input)),
      metadata,
    ),
    () => everything,
  );
  const { schema } = built;
  const complete = new GraphQLSchema({ ...schema.toConfig(), assumeValid: false });
  expect(validateSchema(complete)).toEqual([]);
  const names = (fields: object) => Object.keys(fields).filter((name) => !ofNodes.has(name));
  const fieldsOf = (name: string) => {
    const type = schema.getType(name);
    return type !== undefined && 'getFields' in type ? names(type.getFields()) : undefined;
  };
  return {
    ...built,
    schema,
    fieldsOf,
    query: names(schema.getQueryType()!.getFields()),
    issues: built.issues.map(({ topic, ...issue }) => {
      expect(topic).toBe('names');
      return issue;
    }),
  };
}

/** These fields have tests of their own. */
const ofNodes = new Set(['node', 'node_id', 'nodeId']);

const plain = (name: string, more = {}) => table(name, [column('id', 'int'), column('note', 'text')], more);

describe('spelling', () => {
  test.each([
    ['orders', 'orders'],
    ['ORDER_ITEMS', 'order_items'],
    ['OrderItems', 'OrderItems'],
    ['order items', 'order_items'],
    ['order-items (old)', 'order_items_old'],
    ['a"b`c]d?$1', 'a_b_c_d_1'],
    ['2fa', '_2fa'],
    ['__type', '_type'],
    ['____', '_'],
    ['%', 'u25'],
    ['$?', 'u24_u3f'],
    ['Größe', 'Grosse'],
    ['GRÖSSE', 'grosse'],
    ['crème brûlée', 'creme_brulee'],
    ['名前', 'u540d_u524d'],
    ['заказ1', 'u437_u430_u43a_u430_u437_1'],
    ['🚀', 'u1f680'],
    ['🚀 launch', 'launch'],
    ['ﬁle', 'file'],
    ['x'.repeat(63), 'x'.repeat(63)],
  ])('%s becomes %s', (identifier, name) => {
    expect(spellName(identifier)).toBe(name);
  });

  test.each([
    ['created_at', 'createdAt', 'CreatedAt', 'CREATED_AT'],
    ['_id', '_id', '_Id', '_ID'],
    ['type_', 'type_', 'Type_', 'TYPE_'],
    ['a__b', 'aB', 'AB', 'A__B'],
    ['OrderItems', 'orderItems', 'OrderItems', 'ORDER_ITEMS'],
    ['HTTPServer', 'httpServer', 'HttpServer', 'HTTPSERVER'],
    ['line_1', 'line1', 'Line1', 'LINE_1'],
    ['_2fa', '_2fa', '_2fa', '_2FA'],
  ])('%s is %s, %s and %s', (name, camel, pascal, upper) => {
    expect([camelCase(name), pascalCase(name), upperCase(name)]).toEqual([camel, pascal, upper]);
  });
});

describe('members of a table', () => {
  const odd = table(
    'odd',
    [
      column('id', 'int'),
      column('a b', 'int'),
      column('a_b', 'int'),
      column('_and', 'int'),
      column('null', 'int'),
      column('kids_aggregate', 'int'),
      column('__typename', 'text', { nullable: true }),
    ],
    {
      uniqueKeys: [
        { name: '', columns: ['a_b'] },
        { name: '?!', columns: ['a b'] },
      ],
    },
  );
  const kids = table('kids', [column('id', 'int'), column('odd_id', 'int')], {
    foreignKeys: [reference('odd_id', 'odd')],
  });

  test('stay distinct: exact names first, then a number, all reported', () => {
    const { issues, fieldsOf, schema } = graphOf([['shop', [odd, kids]]]);
    expect(fieldsOf('odd')).toEqual([
      'id',
      'a_b_2',
      'a_b',
      '_and_2',
      'null',
      'kids_aggregate',
      '_typename',
      'kids_by_odd_id',
      'kids_by_odd_id_aggregate',
    ]);
    const select = schema.getType('odd_select_column') as GraphQLEnumType;
    expect(select.getValues().map(({ name }) => name)).toEqual([
      'id',
      'a_b_2',
      'a_b',
      '_and_2',
      'null_2',
      'kids_aggregate',
      '_typename',
    ]);
    const constraint = schema.getType('odd_constraint') as GraphQLEnumType;
    expect(constraint.getValues().map(({ name }) => name)).toEqual(['odd_pkey', 'odd_a_b_key', 'u3f_u21']);
    expect(issues.map(({ severity, where, reason }) => `${severity} ${where}: ${reason}`)).toEqual([
      'note shop.public.odd._and: The field "_and" is taken in shop.public.odd, so _and is called "_and_2". Give it a custom_name.',
      'note shop.public.odd.a b: The field "a_b" is taken in shop.public.odd, so a b is called "a_b_2". Give it a custom_name.',
    ]);
  });

  test('keep the original name of the column in the description', () => {
    const { schema } = graphOf([['shop', [odd, kids]]]);
    expect(printType(schema.getType('odd_aggregate_group_key')!)).not.toContain('Column');
    expect(printType(schema.getType('odd')!)).toContain('"""Column "a b"."""\n  a_b_2: Int!');
  });

  test('a custom name is taken as it is given', () => {
    const metadata: Metadata = {
      tables: [
        {
          source: 'shop',
          table: 'odd',
          configuration: { custom_name: 'Strange', column_config: { 'a b': { custom_name: 'aB' } } },
        },
      ],
    };
    const { fieldsOf, query } = graphOf([['shop', [odd, kids], { naming: 'graphql-default' }]], metadata);
    expect(query.slice(0, 4)).toEqual(['Strange', 'StrangeByPk', 'StrangeAggregate', 'StrangeConnection']);
    expect(fieldsOf('Strange')).toContain('aB');
    // `a_b` would become `aB` too.
    expect(fieldsOf('Strange')).toContain('aB_2');
  });
});

describe('tables', () => {
  test.each<[Naming, string[]]>([
    [
      'hasura-default',
      [
        'sales_order_items',
        'sales_order_items_by_pk',
        'sales_order_items_aggregate',
        'sales_order_items_connection',
        'sales_order_items_by_note_id',
      ],
    ],
    [
      'graphql-default',
      [
        'salesOrderItems',
        'salesOrderItemsByPk',
        'salesOrderItemsAggregate',
        'salesOrderItemsConnection',
        'salesOrderItemsByNoteId',
      ],
    ],
  ])('of other namespaces have its prefix, and a field for every key (%s)', (naming, names) => {
    const items = plain('ORDER_ITEMS', {
      namespace: 'SALES',
      uniqueKeys: [
        { name: 'k', columns: ['note', 'id'] },
        { name: 'p', columns: ['id'] },
      ],
    });
    expect(graphOf([['shop', [items], { naming }]]).query).toEqual(names);
  });

  test('of the same name in two sources: one gets a longer name, whichever the file has first', () => {
    const kids = table('kids', [column('id', 'int'), column('orders_id', 'int')], {
      foreignKeys: [reference('orders_id', 'orders')],
    });
    const inputs: Input[] = [
      ['shop', [plain('orders')]],
      ['other', [plain('orders'), kids]],
    ];
    for (const order of [inputs, [...inputs].reverse()]) {
      const { issues, query, schema, fieldsOf, longer } = graphOf(order);
      const type = schema.getQueryType()!.getFields().orders!.extensions.foz as { table: { id: string } };
      expect(type.table.id).toBe('other.public.orders');
      expect(query.filter((name) => name.includes('orders')).sort()).toEqual([
        'orders',
        'orders_aggregate',
        'orders_by_pk',
        'orders_connection',
        'shop_orders',
        'shop_orders_aggregate',
        'shop_orders_by_pk',
        'shop_orders_connection',
      ]);
      expect(fieldsOf('shop_orders')).toEqual(['id', 'note']);
      expect(fieldsOf('kids')).toEqual(['id', 'orders_id', 'orders']);
      expect([...longer]).toEqual([['shop.public.orders', 'shop_orders']]);
      expect(issues).toEqual([
        {
          severity: 'error',
          where: 'shop.public.orders',
          reason:
            'The root field "orders" is that of other.public.orders (sources go by their names), so shop.public.orders is called "shop_orders". ' +
            'To keep it so, put under metadata.tables: - { source: shop, table: orders, configuration: { custom_name: shop_orders } }, ' +
            'to swap them: - { source: shop, table: orders, configuration: { custom_name: orders } }',
        },
      ]);
    }
  });

  const customName = (source: string, name: string, custom: string) => ({
    source,
    table: name,
    configuration: { custom_name: custom },
  });

  test('a custom name settles who is called what', () => {
    const inputs: Input[] = [
      ['other', [plain('orders')]],
      ['shop', [plain('orders')]],
    ];
    const kept = graphOf(inputs, { tables: [customName('shop', 'orders', 'shop_orders')] });
    expect(kept.issues).toEqual([]);
    expect(kept.query).toContain('shop_orders');
    const swapped = graphOf(inputs, { tables: [customName('shop', 'orders', 'orders')] });
    expect(swapped.query).toContain('other_orders');
    expect(swapped.issues).toEqual([
      {
        severity: 'note',
        where: 'other.public.orders',
        reason:
          'The root field "orders" is that of shop.public.orders (a custom_name goes first), so other.public.orders is called "other_orders".',
      },
    ]);
    const both = graphOf(inputs, {
      tables: [customName('shop', 'orders', 'o'), customName('other', 'orders', 'o')],
    });
    expect(both.query).toContain('shop_o');
    expect(both.issues).toEqual([
      expect.objectContaining({ severity: 'error', where: 'shop.public.orders' }),
    ]);
  });

  test('whose derived names meet: the longer one gives way, and takes no other with it', () => {
    const { issues, query } = graphOf([
      ['shop', [plain('user_aggregate'), plain('user'), plain('user_aggregate_aggregate')]],
    ]);
    expect(issues.map(({ where }) => where)).toEqual(['shop.public.user_aggregate']);
    expect(query).toContain('shop_user_aggregate');
    expect(query).toContain('user_aggregate_aggregate_by_pk');
  });

  test.each([
    ['users_aggregate', ''],
    ['users_by_pk', ''],
    ['users_bool_exp', ''],
    ['users_set_input', ''],
    ['users_one', ''],
    ['insert_users', 'insert_users'],
    ['users_stream', 'users_stream'],
    ['users_changes', 'users_changes'],
    ['users_change', 'users_change'],
    ['users_change_row', 'users_change_row'],
    ['query_root', 'query_root'],
    ['mutation_root', 'mutation_root'],
    ['String', 'String'],
    ['Int', 'Int'],
    ['order_by', 'order_by'],
    ['String_comparison_exp', 'String_comparison_exp'],
    ['PageInfo', 'PageInfo'],
  ])(
    'called like a generated name (%s) exist, and are reported where they have another name',
    (name, kept) => {
      for (const naming of ['hasura-default', 'graphql-default'] as const) {
        const { query, issues, schema } = graphOf([['shop', [plain(name), plain('users')], { naming }]]);
        const tables = new Set(
          query.map(
            (field) =>
              (schema.getQueryType()!.getFields()[field]!.extensions.foz as { table: { id: string } }).table
                .id,
          ),
        );
        expect(tables).toEqual(new Set([`shop.public.${name}`, 'shop.public.users']));
        if (naming === 'graphql-default') continue;
        expect(query).toContain(kept === '' ? `shop_${name}` : kept);
        if (kept === '')
          expect(issues).toEqual([
            expect.objectContaining({ severity: 'error', where: `shop.public.${name}` }),
          ]);
      }
    },
  );

  test('that differ in what GraphQL cannot spell, or in case: all exist, the exact one under its name', () => {
    const names = ['a b', 'a-b', 'a_b', 'A_B', 'a.b', 'B c', 'b C'];
    for (const tables of [names, [...names].reverse()]) {
      const { query, issues } = graphOf([['shop', tables.map((name) => plain(name))]]);
      const lists = query.filter((name) => !/_(?:by_pk|aggregate|connection)$/.test(name));
      expect(lists.sort()).toEqual([
        'B_c',
        'a_b',
        'b_C',
        'shop_a_b',
        'shop_a_b_2',
        'shop_a_b_3',
        'shop_a_b_4',
      ]);
      expect(issues.map(({ where }) => where).sort()).toEqual([
        'shop.public.A_B',
        'shop.public.a b',
        'shop.public.a-b',
        'shop.public.a.b',
      ]);
      expect(issues[0]!.reason).toContain('table: "');
    }
  });

  test('whose writing fields meet', () => {
    const { issues } = graphOf([['shop', [plain('user_one'), plain('user')]]]);
    expect(issues).toEqual([
      expect.objectContaining({
        where: 'shop.public.user_one',
        reason: expect.stringContaining('"insert_user_one"'),
      }),
    ]);
  });

  test('a connection gives way to a table', () => {
    const { issues, query, schema } = graphOf([['shop', [plain('user'), plain('user_connection')]]]);
    expect(query).toContain('user_connection');
    expect(query).toContain('user_connection_connection');
    expect(schema.getType('user_connection')).toMatchObject({ name: 'user_connection' });
    expect(schema.getType('user_edge')).toBeUndefined();
    expect(issues).toEqual([
      {
        severity: 'note',
        where: 'shop.public.user',
        reason:
          'The root field "user_connection" belongs to shop.public.user_connection, so shop.public.user has no connection. Give one of them a custom_name.',
      },
    ]);
  });

  test('with the name of a type of Foz keep their fields', () => {
    const { issues, query, schema } = graphOf([['shop', [plain('date'), plain('order_by')]]]);
    expect(query).toContain('date');
    expect(printType(schema.getType('date_table')!)).toBe(
      'type date_table implements Node {\n  id: Int!\n  note: String!\n  node_id: ID!\n}',
    );
    expect(schema.getType('order_by')).toBeInstanceOf(GraphQLEnumType);
    expect(issues.map(({ reason }) => reason)).toEqual([
      '"date" is a type that Foz itself uses, so the types of shop.public.date start with "date_table"; its fields are called as it is. To call all of them otherwise: - { source: shop, table: date, configuration: { custom_name: shop_date } }',
      '"order_by" is a type that Foz itself uses, so the types of shop.public.order_by start with "order_by_table"; its fields are called as it is. To call all of them otherwise: - { source: shop, table: order_by, configuration: { custom_name: shop_order_by } }',
    ]);
    const { issues: ofString } = graphOf([['shop', [plain('String')]]]);
    expect(ofString.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(
        /^"String" is a type of GraphQL itself, so the types of .* start with "String_table";/,
      ),
    ]);
  });

  test('without columns are left out, and a graph of nothing is a graph', () => {
    const { issues, query, schema } = graphOf([['shop', [table('empty', [])]]]);
    expect(query).toEqual(['no_tables']);
    expect(schema.getMutationType()).toBeUndefined();
    expect(issues).toEqual([
      {
        severity: 'error',
        where: 'shop.public.empty',
        reason: 'It has no column that can be read, so it is left out of the graph.',
      },
    ]);
  });

  test('a field by key gives way to a table', () => {
    const user = plain('user', { uniqueKeys: [{ name: 'user_note', columns: ['note'] }] });
    const { issues, query } = graphOf([['shop', [user, plain('user_by_note')]]]);
    expect(query.filter((name) => name === 'user_by_note')).toHaveLength(1);
    expect(issues).toEqual([
      {
        severity: 'note',
        where: 'shop.public.user',
        reason:
          'The root field "user_by_note" for the key user_note belongs to shop.public.user_by_note, so rows cannot be looked up by this key. ' +
          'Name it in custom_root_fields as select_by_user_note.',
      },
    ]);
  });
});

describe('customization', () => {
  test('prefixes and suffixes tell sources apart', () => {
    const customization = {
      rootFields: { prefix: 'old_', suffix: '_v1' },
      typeNames: { prefix: 'Old_', suffix: '_v1' },
    };
    const { issues, query, schema } = graphOf([
      ['shop', [plain('orders')]],
      ['old', [plain('orders')], { customization }],
    ]);
    expect(issues).toEqual([]);
    expect(query).toContain('old_orders_by_pk_v1');
    expect(Object.keys(schema.getMutationType()!.getFields())).toContain('old_insert_orders_one_v1');
    expect(schema.getType('Old_orders_bool_exp_v1')?.name).toBe('Old_orders_bool_exp_v1');
  });

  test('in graphql-default the prefix becomes a part of the word', () => {
    const customization = { rootFields: { prefix: 'old' }, typeNames: { prefix: 'Old' } };
    const { query, schema } = graphOf([
      ['old', [plain('order_items')], { naming: 'graphql-default', customization }],
    ]);
    expect(query[0]).toBe('oldOrderItems');
    expect(Object.keys(schema.getMutationType()!.getFields())[0]).toBe('oldInsertOrderItems');
    expect(schema.getType('OldOrderItemsBoolExp')?.name).toBe('OldOrderItemsBoolExp');
  });

  test('in graphql-default prefixes and suffixes are words, whatever underscores they have', () => {
    const customization = {
      rootFields: { prefix: 'test_', suffix: '_query' },
      typeNames: { prefix: 'test_', suffix: '_type' },
    };
    const { issues, query, schema } = graphOf([
      ['old', [plain('author_local')], { naming: 'graphql-default', customization }],
    ]);
    expect(issues).toEqual([]);
    expect(query.slice(0, 2)).toEqual(['testAuthorLocalQuery', 'testAuthorLocalByPkQuery']);
    expect(Object.keys(schema.getMutationType()!.getFields())).toContain('testInsertAuthorLocalOneQuery');
    for (const name of ['TestAuthorLocalType', 'TestAuthorLocalBoolExpType'])
      expect(schema.getType(name)?.name).toBe(name);
  });

  test('a prefix that looks like a verb', () => {
    const customization = { rootFields: { prefix: 'insert_' }, typeNames: { prefix: 'x_' } };
    const { issues } = graphOf([
      ['a', [plain('update_orders')]],
      ['b', [plain('orders')], { customization }],
    ]);
    expect(issues.map(({ reason }) => reason.slice(0, 60))).toEqual([
      expect.stringContaining('The root field "insert_update_orders" is that of b.public.or'),
    ]);
  });

  test('a namespace holds the fields of its source; a table of its name gives way', () => {
    const customization = { rootFields: { namespace: 'old' }, typeNames: { prefix: 'old_' } };
    const { issues, query, fieldsOf, schema } = graphOf([
      ['shop', [plain('orders'), plain('old')]],
      ['old', [plain('orders')], { customization }],
    ]);
    expect(query.slice(0, 6)).toEqual([
      'old',
      'orders',
      'orders_by_pk',
      'orders_aggregate',
      'orders_connection',
      'shop_old',
    ]);
    expect(fieldsOf('old_query')).toEqual([
      'orders',
      'orders_by_pk',
      'orders_aggregate',
      'orders_connection',
    ]);
    expect(fieldsOf('old_mutation')).toContain('insert_orders_one');
    expect(schema.getQueryType()!.getFields().old!.extensions).toEqual({
      foz: { kind: 'namespace', source: 'old' },
    });
    expect(issues.map(({ reason }) => reason)).toEqual([
      expect.stringContaining(
        'The root field "old" is that of a namespace of root fields, so shop.public.old is called',
      ),
    ]);
  });

  test('names that GraphQL cannot spell are reported and ignored', () => {
    const customization = { rootFields: { prefix: '1-', suffix: '!' }, typeNames: { prefix: '__' } };
    const { issues, query } = graphOf([['shop', [plain('orders')], { customization }]]);
    expect(query[0]).toBe('orders');
    expect(issues.map(({ where, reason }) => `${where}: ${reason}`)).toEqual([
      'shop: GraphQL cannot spell a name with the root field prefix "1-", so it is ignored. Use letters, digits and _.',
      'shop: GraphQL cannot spell a name with the root field suffix "!", so it is ignored. Use letters, digits and _.',
      'shop: GraphQL cannot spell a name with the type name prefix "__", so it is ignored. Use letters, digits and _.',
    ]);
  });

  test('custom root fields are final; the usual name is free for others', () => {
    const names = { select: 'allOrders', select_by_pk: 'order', insert_one: 'addOrder', delete: 'bad name' };
    const metadata = {
      tables: [{ source: 'shop', table: 'orders', configuration: { custom_root_fields: names } }],
    };
    const { issues, query, schema } = graphOf(
      [
        ['shop', [plain('orders')]],
        ['view', [plain('orders', { namespace: 'x' })], { customization: { typeNames: { prefix: 'x_' } } }],
      ],
      metadata,
    );
    expect(query.slice(0, 4)).toEqual(['allOrders', 'order', 'orders_aggregate', 'orders_connection']);
    expect(Object.keys(schema.getMutationType()!.getFields()).slice(0, 6)).toEqual([
      'insert_orders',
      'addOrder',
      'update_orders',
      'update_orders_by_pk',
      'update_orders_many',
      'delete_orders',
    ]);
    expect(schema.getQueryType()!.getFields().orders).toBeUndefined();
    expect(issues).toEqual([
      {
        severity: 'error',
        where: 'shop.public.orders',
        reason:
          'GraphQL cannot spell the custom root field "bad name", so delete keeps its usual name. Use letters, digits and _.',
      },
    ]);
  });

  test('a custom root field with the name of another table', () => {
    const metadata = {
      tables: [{ source: 'shop', table: 'b', configuration: { custom_root_fields: { select: 'a_by_pk' } } }],
    };
    const { issues, query } = graphOf([['shop', [plain('a'), plain('b')]]], metadata);
    expect(query.slice(0, 5)).toEqual(['a', 'a_by_pk', 'a_aggregate', 'a_connection', 'b']);
    expect(issues).toEqual([
      {
        severity: 'error',
        where: 'shop.public.b',
        reason:
          'The custom root field "a_by_pk" is that of shop.public.a, so select keeps its usual name. Give one of them another name in custom_root_fields.',
      },
    ]);
  });

  test('a key is looked up under the name that metadata gives', () => {
    const user = plain('user', { uniqueKeys: [{ name: 'user_note', columns: ['note'] }] });
    const configuration = {
      custom_root_fields: { select_by_user_note: 'userOfNote' } as Record<string, string>,
    };
    expect(
      graphOf([['shop', [user]]], { tables: [{ source: 'shop', table: 'user', configuration }] }).query,
    ).toContain('userOfNote');
  });
});

test('values of enum tables are in capitals in graphql-default, and those of native enums as they are stored', () => {
  const values = [
    { value: 'monday', description: null },
    { value: 'day_off', description: null },
  ];
  const days = { name: 'days_enum', namespace: 'public', values, comment: null };
  for (const [ofTable, naming, expected] of [
    [true, 'graphql-default', ['MONDAY', 'DAY_OFF']],
    [true, 'hasura-default', ['monday', 'day_off']],
    [undefined, 'graphql-default', ['monday', 'day_off']],
  ] as const) {
    const named = labelValues({ ...days, ofTable }, naming);
    expect([...named]).toEqual(expected.map((name, at) => [name, values[at]!.value]));
  }
});

describe('native enums', () => {
  const mood = (values: readonly string[], name = 'mood') =>
    facts(
      [table('people', [column('id', 'int'), column('mood', 'enum', { enumName: name })]), plain('status')],
      {
        enums: [{ name, namespace: 'public', values, comment: null }],
      },
    );

  test('keep the stored text as internal value', () => {
    const { schema } = graphOf([['shop', mood(['ok', 'not ok', 'not_ok', 'true', '', '1st', 'Größe'])]]);
    const values = (schema.getType('mood') as GraphQLEnumType).getValues();
    expect(values.map(({ name, value }) => [name, value])).toEqual([
      ['ok', 'ok'],
      ['not_ok_2', 'not ok'],
      ['not_ok', 'not_ok'],
      ['true_2', 'true'],
      ['_', ''],
      ['_1st', '1st'],
      ['Grosse', 'Größe'],
    ]);
  });

  test('of the name of a table or a scalar are renamed', () => {
    const { issues, schema } = graphOf([
      ['shop', mood(['ok'], 'status')],
      [
        'b',
        mood(['ok'], 'json'),
        { customization: { rootFields: { prefix: 'b_' }, typeNames: { prefix: 'b' } } },
      ],
    ]);
    expect(schema.getType('status_enum')).toBeInstanceOf(GraphQLEnumType);
    expect(schema.getType('status_enum_comparison_exp')?.name).toBe('status_enum_comparison_exp');
    expect(issues).toEqual([
      {
        severity: 'note',
        where: 'shop.status',
        reason: 'The type "status" is another one\'s, so this enum is called "status_enum".',
      },
    ]);
  });

  test('without values are text', () => {
    const { schema } = graphOf([['shop', mood([])]]);
    expect(printType(schema.getType('people')!)).toContain('mood: String!');
  });
});

describe('operators', () => {
  const both = catalog([source('big', [plain('a')]), source('small', [plain('b')])]);

  test('that an engine lacks are in none of its types, whatever else is attached', () => {
    const { schema } = buildGraph(both, (name) => (name === 'big' ? everything : little));
    const fieldsOf = (name: string) => {
      const type = schema.getType(name);
      return type !== undefined && 'getFields' in type ? type.getFields() : {};
    };
    expect(fieldsOf('a_bool_exp').note?.type.toString()).toBe('String_comparison_exp');
    const alone = buildGraph({ sources: new Map([...both.sources].slice(1)) }, () => little).schema.getType(
      'b_bool_exp',
    );
    const lesser = 'String_without_regexes_similars_search_comparison_exp';
    expect(fieldsOf('b_bool_exp').note?.type.toString()).toBe(lesser);
    expect(alone !== undefined && 'getFields' in alone && alone.getFields().note?.type.toString()).toBe(
      lesser,
    );
    expect(Object.keys(fieldsOf(lesser))).not.toContain('_regex');
    expect(Object.keys(fieldsOf('String_comparison_exp'))).toContain('_regex');
    expect(fieldsOf('b_bool_exp').id?.type).toBe(fieldsOf('a_bool_exp').id?.type);
  });

  test('that all scalars share make the core', () => {
    const core = operatorSupport([
      '_eq',
      '_neq',
      '_gt',
      '_gte',
      '_lt',
      '_lte',
      '_in',
      '_nin',
      '_is_null',
      '_between',
      '_is_distinct_from',
    ]);
    const { schema } = buildGraph(both, () => ({ ...everything, operators: core }));
    expect(printType(schema.getType('a_bool_exp')!)).toContain('note: String_core_comparison_exp');
  });

  test('an operator can be there for texts and missing for JSON', () => {
    const table_ = table('a', [column('note', 'text'), column('data', 'jsonb')]);
    const operators = operatorSupport(everything.operators.keys(), { _contains: ['json'] });
    const { schema } = buildGraph(catalog([source('one', [table_])]), () => ({ ...everything, operators }));
    const [lesser, whole] = ['jsonb_without_contains_comparison_exp', 'String_comparison_exp'];
    expect(printType(schema.getType('a_bool_exp')!)).toMatch(new RegExp(`note: ${whole}[^]*data: ${lesser}`));
    expect(printType(schema.getType(whole)!)).toMatch(/\b_contains:/);
    expect(printType(schema.getType(lesser)!)).not.toMatch(/\b_contains:/);
  });
});
