import { buildSchema, parse, validate } from 'graphql';
import { placesOf, placeText } from '../../src/serve/document-places.ts';

const schema = buildSchema(`
  input totals { sum: Int }
  input condition { total: Int, at: [totals!], _and: [condition!] }
  enum order_by { asc }
  type order { id: Int!, total: Int, customer: customer!, items(where: condition, limit: Int): [item!]! }
  type item { id: Int!, order: order! }
  type customer { id: Int!, orders(where: condition): [order!]! }
  type Query { orders(where: condition, order_by: [order_by!]): [order!]!, order(id: Int!): order }
`);

function placesIn(text: string): string[] {
  const document = parse(text);
  return placesOf(validate(schema, document), document);
}

const root = '$.selectionSet.orders';

test.each([
  ['a field', '{ orders { sum } }', [`${root}.selectionSet.sum`]],
  ['a field by its name, not its alias', '{ mine: orders { a: sum } }', [`${root}.selectionSet.sum`]],
  [
    'a field of another operation',
    'query A { orders { id } } query B { ordrs { id } }',
    ['$.selectionSet.ordrs'],
  ],
  ['an argument', '{ orders { items(first: 1) { id } } }', [`${root}.selectionSet.items.args.first`]],
  ['an argument that is missing', '{ order { id } }', ['$.selectionSet.order']],
  ['a part of an input', '{ orders(where: {sum: 1}) { id } }', [`${root}.args.where.sum`]],
  [
    'a value in lists of inputs',
    '{ orders(where: {_and: [{total: 1}, {at: [{sum: "x"}]}]}) { id } }',
    [`${root}.args.where._and[1].at[0].sum`],
  ],
  ['an item of a list', '{ orders(order_by: [asc, desc]) { id } }', [`${root}.args.order_by[1]`]],
  ['a list of one', '{ orders(order_by: desc) { id } }', [`${root}.args.order_by`]],
  [
    'a directive, and its argument',
    '{ orders { id @twice total @skip(when: true) } }',
    [
      `${root}.selectionSet.id.directives.twice`,
      `${root}.selectionSet.total.directives.skip.args.when`,
      `${root}.selectionSet.total.directives.skip`,
    ],
  ],
  ['a variable that is not defined', '{ orders(where: $w) { id } }', [`${root}.args.where`]],
  ['a variable that is not used', 'query ($w: condition) { orders { id } }', ['$.variableDefinitions.w']],
  [
    'a default of a variable',
    'query ($w: condition = {_and: [{sum: 1}]}) { orders(where: $w) { id } }',
    ['$.variableDefinitions.w.defaultValue._and[0].sum'],
  ],
  [
    'the use of a variable of another type',
    'query ($n: String!) { order(id: $n) { id } }',
    ['$.selectionSet.order.args.id'],
  ],
  [
    'a field of an inline fragment',
    '{ orders { ... on order { customer { ... { name } } } } }',
    [`${root}.selectionSet.customer.selectionSet.name`],
  ],
  [
    'a field of fragments in fragments, which stand before the operation',
    'fragment C on customer { name } fragment O on order { customer { ...C } } { orders { ...O } }',
    [`${root}.selectionSet.customer.selectionSet.name`],
  ],
  [
    'a fragment that is spread twice: the first spread',
    '{ order(id: 1) { ...O } orders { ...O } } fragment O on order { sum }',
    ['$.selectionSet.order.selectionSet.sum'],
  ],
  [
    'a fragment that an unused one spreads, too',
    'fragment U on order { ...O } fragment O on order { sum } { orders { ...O } }',
    ['$.fragments.U', `${root}.selectionSet.sum`],
  ],
  [
    'a fragment that no operation spreads',
    '{ orders { id } } fragment O on order { customer { name } }',
    ['$.fragments.O', '$.fragments.O.selectionSet.customer.selectionSet.name'],
  ],
  ['a type of a fragment', '{ orders { ...O } } fragment O on ordr { id }', ['$.fragments.O']],
  [
    'fragments that contain each other',
    '{ orders { ...A } } fragment A on order { sum ...B } fragment B on order { avg ...A }',
    [`${root}.selectionSet.sum`, `${root}.selectionSet.avg`, root],
  ],
  [
    'fragments that contain each other, spread nowhere',
    '{ orders { id } } fragment A on order { sum ...B } fragment B on order { ...A }',
    ['$.fragments.A', '$.fragments.B', '$.fragments.A.selectionSet.sum', '$.fragments.A'],
  ],
  ['a spread of an unknown fragment', '{ orders { ...O } }', [root]],
  ['fields that conflict', '{ orders { a: id a: total } }', [`${root}.selectionSet.id`]],
  ['the whole document', 'type T { id: Int } { orders { id } }', ['$']],
  ['a name that two operations have', 'query A { orders { id } } query A { orders { id } }', ['$']],
])('the place of an error: %s', (_, text, places) => {
  expect(placesIn(text).sort()).toEqual([...places].sort());
});

test('a place that is too long is cut down to one around it', () => {
  const deep = `${'{ customer { orders '.repeat(60)}{ sum } ${'} }'.repeat(60)}`;
  const [place] = placesIn(`{ orders ${deep} }`);
  expect(place!.length).toBeLessThanOrEqual(1_000);
  expect(place).toMatch(/^\$\.selectionSet\.orders(\.selectionSet\.(customer|orders))+$/);
  expect(placesIn(`{ orders { ${'x'.repeat(2_000)} } }`)).toEqual([root]);
  expect(placeText(['.a', '.b'])).toBe('$.a.b');
});
