import { GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, validateSchema } from 'graphql';
import type { Metadata, Naming } from '../../src/catalog/index.ts';
import { buildGraph } from '../../src/graph/index.ts';
import { nodeMark } from '../../src/graph/names/node.ts';
import { catalog, column, everything, source, table } from './catalogs.ts';

type Input = Parameters<typeof source>;

function graphOf(inputs: readonly Input[], metadata?: Metadata) {
  const sources = catalog(
    inputs.map((input) => source(...input)),
    metadata,
  );
  const { schema, issues } = buildGraph(sources, () => everything);
  const complete = new GraphQLSchema({ ...schema.toConfig(), assumeValid: false });
  expect(validateSchema(complete)).toEqual([]);
  const of = (name: string) => {
    const type = schema.getType(name);
    return type instanceof GraphQLObjectType || type instanceof GraphQLInterfaceType
      ? { fields: Object.keys(type.getFields()), interfaces: type.getInterfaces().map((one) => one.name) }
      : undefined;
  };
  const rows = schema.getType('Node');
  return {
    of,
    node: schema.getQueryType()!.getFields().node,
    issues: issues.map(({ where, reason }) => `${where}: ${reason}`),
    implementations:
      rows instanceof GraphQLInterfaceType ? schema.getPossibleTypes(rows).map(({ name }) => name) : null,
    sources,
  };
}

const plain = (name: string, ...columns: string[]) =>
  table(name, [column('id', 'int'), ...columns.map((one) => column(one, 'text'))]);
const keyless = (name: string) => table(name, [column('note', 'text')]);

const spelled: [Naming, string, string][] = [
  ['hasura-default', 'orders', 'node_id'],
  ['graphql-default', 'Orders', 'nodeId'],
];
test.each(spelled)('rows with a key are nodes in %s', (naming, type, field) => {
  const graph = graphOf([['shop', [plain('orders'), keyless('visits')], { naming }]]);
  expect(graph.of(type)).toEqual({ fields: ['id', field], interfaces: ['Node'] });
  expect(graph.of(type.replace('rders', 'ther'))).toBeUndefined();
  expect(graph.implementations).toEqual([type]);
  expect(graph.node?.args.map(({ name, type: of }) => `${name}: ${of}`)).toEqual([`${field}: ID!`]);
  expect(graph.issues).toEqual([]);
});

test('where both conventions are in use there is one name', () => {
  const graph = graphOf([
    ['shop', [plain('orders')], { naming: 'graphql-default' }],
    ['desk', [plain('tickets')], { naming: 'hasura-default' }],
  ]);
  expect(graph.of('Orders')?.fields).toContain('node_id');
  expect(graph.of('tickets')?.fields).toContain('node_id');
});

test('without a key in the graph there is nothing of it', () => {
  const graph = graphOf([['shop', [keyless('visits')]]]);
  expect([graph.node, graph.implementations]).toEqual([undefined, null]);
});

test('a column of the name keeps it, and the table is reported', () => {
  const graph = graphOf([['shop', [plain('orders', 'node_id'), plain('items')]]]);
  expect(graph.of('orders')).toEqual({ fields: ['id', 'node_id'], interfaces: [] });
  expect(graph.implementations).toEqual(['items']);
  expect(graph.issues).toEqual([
    'shop.public.orders: A column or relationship of shop.public.orders is called "node_id" in the graph, so its rows have no global id and are not of the type Node. Give it a custom_name.',
  ]);
});

test.each(['Node', 'node'])('a table %s keeps what it can', (name) => {
  const graph = graphOf([['shop', [plain(name), plain('items')]]]);
  expect(graph.implementations).toHaveLength(2);
  if (name === 'Node') expect(graph.node?.type.toString()).toBe('Node');
  else expect(graph.node?.type.toString()).toBe('[node!]!');
  expect(graph.issues).toEqual([
    name === 'Node'
      ? 'shop.public.Node: "Node" is a type that Foz itself uses, so the types of shop.public.Node start with "Node_table"; its fields are called as it is. To call all of them otherwise: - { source: shop, table: Node, configuration: { custom_name: shop_Node } }'
      : 'shop.public.node: The root field "node" belongs to shop.public.node, so rows cannot be asked for by their global ids. Give that another name.',
  ]);
});

test('an id goes by what the database calls the table, the default namespace aside', () => {
  const marks = (inputs: readonly Input[], metadata?: Metadata) =>
    [...graphOf(inputs, metadata).sources.sources.values()].flatMap(({ tables }) => tables.map(nodeMark));
  const [first] = marks([['shop', [plain('orders')]]]);
  expect(first).toMatch(/^[\w-]{11}$/);
  const renamed: Metadata = {
    tables: [{ source: 'shop', table: 'orders', configuration: { custom_name: 'bookings' } }],
  };
  expect(marks([['shop', [plain('orders')]]], renamed)).toEqual([first]);
  expect(
    new Set(
      marks([
        ['shop', [plain('orders'), plain('items')]],
        ['desk', [plain('orders')]],
      ]),
    ).size,
  ).toBe(3);
});
