import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getIntrospectionQuery,
  parse,
  validate,
} from 'graphql';
import { type Naming, resolveCatalog } from '../../../src/catalog/index.ts';
import type { OperationRequest, RoleEngine } from '../../../src/execute/index.ts';
import { ruleOf } from '../../../src/execute/introspection/fields.ts';
import { buildGraph, type GraphCapabilities } from '../../../src/graph/index.ts';
import { everything, little } from '../../graph/catalogs.ts';
import { shopCatalog } from '../../graph/shop.ts';
import { engineOf } from './large.ts';
import { introspectionObjects, randomOperation } from './selections.ts';

function request(query: string, variables = {}, signal = new AbortController().signal): OperationRequest {
  return { query, operationName: null, variables, session: new Map(), signal, timeoutMs: null };
}

const ask = async (engine: RoleEngine, query: string, variables = {}) =>
  (await engine.execute({ ...request(query, variables), document: parse(query) })).json;

/** The answer of graphql-js. */
const expected = (schema: GraphQLSchema, query: string, variables = {}) =>
  JSON.stringify(execute({ schema, document: parse(query), variableValues: variables }) as ExecutionResult);

const everyThing = buildSchema(
  `
  "The schema \\u00fc \\"quoted\\""
  schema { query: Q mutation: M }
  directive @mark(on: [String!] = ["a", "b"], old: Int @deprecated(reason: "no\\nmore")) repeatable on FIELD | OBJECT
  scalar When @specifiedBy(url: "https://example.org/when")
  enum Color { "red 🟥" RED GREEN @deprecated(reason: "faded") BLUE @deprecated }
  interface Node { id: ID! }
  interface Named implements Node { id: ID! name(upper: Boolean = true): String }
  type A implements Node & Named { id: ID! name(upper: Boolean = true, lower: Boolean @deprecated): String old: Int @deprecated(reason: "") }
  type B { color(of: [Color!] = [RED, BLUE]): Color at: When }
  union Any = A | B
  input In { a: Int = 5 b: In c: [Deep!] = [{ a: 1 }] d: Float = 1.5 @deprecated e: Color = GREEN f: String = "\\"\\u2028" g: ID = 7 h: Boolean = null }
  input Deep { a: Int, z: Boolean = true }
  input One @oneOf { a: Int b: String }
  type Q { any(in: In = { a: 2, e: RED }, one: One): [Any!]! node: Node __x: Int }
  type M { set(color: Color! = GREEN): Color }
`,
  { assumeValid: true },
);

function graph(naming: Naming, capabilities: GraphCapabilities = everything): GraphQLSchema {
  return buildGraph(shopCatalog(naming), () => capabilities, { subscriptions: naming === 'graphql-default' })
    .schema;
}

const schemas: Readonly<Record<string, GraphQLSchema>> = {
  'the shop': graph('hasura-default'),
  'the shop in the other convention': graph('graphql-default'),
  'the shop on a small engine': graph('hasura-default', little),
  'no table at all': buildGraph(resolveCatalog([], { tables: [] } as never), () => everything).schema,
  'a schema with everything in it': everyThing,
};

describe.each(Object.entries(schemas))('%s', (_, schema) => {
  const engine = engineOf(schema);
  const options = [true, false].flatMap((flag) => [
    { descriptions: flag },
    {
      specifiedByUrl: flag,
      directiveIsRepeatable: flag,
      schemaDescription: flag,
      inputValueDeprecation: flag,
    },
    { oneOf: flag, experimentalDirectiveDeprecation: flag },
  ]);

  test.each(options)('the standard query, %j', async (option) => {
    const query = getIntrospectionQuery(option);
    expect(await ask(engine, query)).toBe(expected(schema, query));
  });

  test('random selections', async () => {
    const names = Object.keys(schema.getTypeMap());
    let valid = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { query, variables } = randomOperation(seed, names);
      if (validate(schema, parse(query)).length > 0) continue;
      valid++;
      const answer = await ask(engine, query, variables);
      if (answer !== expected(schema, query, variables)) throw new Error(`differs: ${query}`);
    }
    expect(valid).toBeGreaterThan(30);
  }, 60_000);
});

test('every field of the introspection types is known', () => {
  for (const type of introspectionObjects()) {
    const unknown = Object.keys(type.getFields()).filter((name) => ruleOf(type.name, name) === undefined);
    expect([type.name, unknown]).toEqual([type.name, []]);
  }
  expect(ruleOf('__Type', 'constructor')).toBeUndefined();
});
