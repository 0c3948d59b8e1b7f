import { parse, printSchema, validateSchema } from 'graphql';
import type { Naming } from '../../src/catalog/index.ts';
import {
  buildGraph,
  definitionFaults,
  type ServiceDeclaration,
  ServiceFields,
} from '../../src/graph/index.ts';
import type { LazySchema } from '../../src/graph/schema.ts';
import { declaredServices, seenServices } from '../../src/views/services.ts';
import { everything, little } from './catalogs.ts';
import { shopCatalog } from './shop.ts';

const capabilitiesOf = (source: string) => (source === 'shop' ? everything : little);
const shopGraph = (naming: Naming, services = ServiceFields.none) =>
  buildGraph(shopCatalog(naming), capabilitiesOf, { subscriptions: true, services });

function declared(name: string, definition: string): ServiceDeclaration {
  return {
    operation: 'mutation',
    definition: parse(definition),
    target: { kind: 'start', name },
    where: `workflow ${name}`,
    path: ['workflows', name],
  };
}

test.each([
  ['{', 'is no definition in the language of GraphQL schemas: Syntax Error: Expected Name, found <EOF>.'],
  ['type Closed { id: Int }', 'must have one "type Mutation" with one field'],
  ['type Mutation { a: Int b: Int }', 'must have one "type Mutation" with one field'],
  ['input Mutation { a: Int }', 'must have one "type Mutation" with one field'],
  ['type Mutation { a: Int } type Query { a: Int }', 'must not have the type Query'],
  ['type Mutation { a: X } scalar X', 'must hold only types, inputs and enums, not X'],
  [
    'type Mutation { a: T } type T { b(c: Int): Int }',
    'must not have arguments at T.b: only the field of Mutation has some',
  ],
  [
    'type Mutation { a: Int } type query_root { b: Int }',
    'must not define "query_root", a type that Foz itself uses',
  ],
  [
    'type Mutation { a: Int } type numeric { b: Int }',
    'must not define "numeric", a type that Foz itself uses',
  ],
  ['type Mutation { a: Nothing }', 'is wrong: Unknown type "Nothing". Did you mean "String"?'],
  [
    'type Mutation { a(b: T): Int } type T { c: Int }',
    'is wrong: The type of Mutation.a(b:) must be Input Type but got: T.',
  ],
  [
    'type Mutation { a: T } type T { c: Int } type T { d: Int }',
    'is wrong: There can be only one type named "T".',
  ],
])('faults of the definition %s', (text, fault) => {
  expect(definitionFaults(text, 'mutation')).toEqual([fault]);
});

test('names that are taken are told, and their fields are left out', () => {
  const { services, issues } = ServiceFields.beside(shopGraph('hasura-default').schema, [
    declared('one', 'type Mutation { close(id: bigint!): Closed } type Closed { id: bigint }'),
    declared('same', 'type Mutation { close(id: Int): Int }'),
    declared('equal', 'type Mutation { shut: Closed } type Closed { id: bigint }'),
    declared('other', 'type Mutation { bolt: Closed } type Closed { id: Int }'),
    declared('table', 'type Mutation { insert_orders: Int }'),
    declared('type', 'type Mutation { list: orders } type orders { id: Int }'),
  ]);
  expect(issues.map(({ where, reason }) => `${where}: ${reason}`)).toEqual([
    'workflow same: the root field "close" is that of workflow one: give the field another name, it is left out',
    'workflow other: the type "Closed" is defined otherwise by workflow one: give it another name, the field is left out',
    'workflow table: the root field "insert_orders" is that of a table: give the field another name, it is left out',
    'workflow type: the type "orders" is one of the graph already: give it another name, the field is left out',
  ]);
  expect([...services.of('mutation').keys()]).toEqual(['close', 'shut']);
  // Both fields have the same type, not two of one name.
  expect(services.of('mutation').get('shut')!.type).toBe(services.of('mutation').get('close')!.type);
});

const workflow = {
  name: 'close_order',
  mutation: {
    definition: `type Mutation { closeOrder(lines: [Line!]!, kind: Kind = soft): Closed! }
      input Line { id: bigint!, part: Line } enum Kind { soft hard } type Closed { total: Decimal, inner: Closed }`,
  },
  permissions: [
    { role: 'clerk', see: 'own' },
    { role: 'auditor', start: false, see: 'all' },
  ],
};

test.each(['hasura-default', 'graphql-default'] as const)(
  'the graph with fields of workflows is valid in %s, and is the same whichever way it is read',
  (naming) => {
    const all = declaredServices({ tables: [], workflows: [workflow] }, naming);
    const { services, issues } = ServiceFields.beside(shopGraph(naming).schema, all);
    expect(issues).toEqual([]);
    const { schema } = shopGraph(naming, services);
    const names = Object.keys(schema.getTypeMap());
    expect(new Set(names).size).toBe(names.length);
    for (const type of ['Line', 'Kind', 'Closed', 'Decimal']) expect(names).toContain(type);
    expect([...(schema as LazySchema).types()].flatMap((type) => type?.name ?? []).sort()).toEqual(
      names.sort(),
    );
    const sdl = printSchema(schema);
    expect(sdl).toContain('closeOrder(lines: [Line!]!, kind: Kind = soft): Closed!');
    const run = naming === 'hasura-default' ? 'closeOrder_run' : 'closeOrderRun';
    const state = naming === 'hasura-default' ? 'workflow_run_state' : 'WorkflowRunState';
    const type = naming === 'hasura-default' ? run : 'CloseOrderRun';
    expect(sdl).toContain(`${run}(id: ID!): ${type}\n`);
    expect(sdl).toContain(`${run}s(limit: Int = 20, before: ID, states: [${state}!]): [${type}!]!`);
    expect(sdl).toContain('  output: Closed\n');
    const plain = (schema as LazySchema).transient();
    expect(validateSchema(Object.assign(plain, { __validationErrors: undefined }))).toEqual([]);
  },
);

test('a session sees the fields that its role and its scopes allow', () => {
  const metadata = {
    tables: [],
    workflows: [workflow],
    inherited_roles: [
      { role_name: 'chief', role_set: ['head'] },
      { role_name: 'head', role_set: ['clerk', 'chief'] },
    ],
  };
  const all = declaredServices(metadata, 'hasura-default');
  const { services } = ServiceFields.beside(shopGraph('hasura-default').schema, all);
  const seen = (role: string, scopes?: object) => {
    const found = seenServices(services, metadata, { role, scopes } as never);
    return [...found.of('query').keys(), ...found.of('mutation').keys()];
  };
  const runs = ['closeOrder_run', 'closeOrder_runs'];
  expect(seen('clerk')).toEqual([...runs, 'closeOrder']);
  expect(seen('chief')).toEqual([...runs, 'closeOrder']);
  expect(seen('admin')).toEqual([...runs, 'closeOrder']);
  expect(seen('auditor')).toEqual(runs);
  expect(seen('stranger')).toEqual([]);
  const scopes = { text: '', sources: null, tables: null };
  expect(seen('clerk', { ...scopes, operations: new Set(['read']) })).toEqual(runs);
  expect(seen('clerk', { ...scopes, operations: new Set(['write']) })).toEqual(['closeOrder']);
  expect(seen('clerk', { ...scopes, sources: ['shop'], operations: new Set(['read', 'write']) })).toEqual([]);
});
