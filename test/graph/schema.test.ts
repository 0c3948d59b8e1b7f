import { readFileSync, writeFileSync } from 'node:fs';
import {
  buildClientSchema,
  buildSchema,
  GraphQLSchema,
  introspectionFromSchema,
  lexicographicSortSchema,
  printSchema,
  validateSchema,
} from 'graphql';
import type { Naming } from '../../src/catalog/index.ts';
import { buildGraph } from '../../src/graph/index.ts';
import { everything, little } from './catalogs.ts';
import { shopCatalog } from './shop.ts';

const conventions: readonly Naming[] = ['hasura-default', 'graphql-default'];

function shopGraph(naming: Naming, subscriptions = false) {
  const capabilitiesOf = (source: string) => (source === 'shop' ? everything : little);
  return buildGraph(shopCatalog(naming), capabilitiesOf, { subscriptions });
}

const sorted = (schema: GraphQLSchema) => printSchema(lexicographicSortSchema(schema));

/** Compares with the SDL in `golden/`, independent of its layout. UPDATE_GOLDEN=1 writes it instead. */
function expectGolden(name: string, schema: GraphQLSchema): void {
  const file = new URL(`./golden/${name}.graphql`, import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, `${sorted(schema)}\n`);
  expect(sorted(schema)).toBe(sorted(buildSchema(readFileSync(file, 'utf8'))));
}

describe.each(conventions)('the graph of two sources in %s', (naming) => {
  test('is the one in golden/', () => {
    expectGolden(naming, shopGraph(naming).schema);
  });

  test('has no issues', () => {
    expect(shopGraph(naming).issues).toEqual([]);
  });

  test('is valid when all types are made, with and without subscriptions', () => {
    for (const subscriptions of [false, true]) {
      const { schema } = shopGraph(naming, subscriptions);
      expect(validateSchema(new GraphQLSchema({ ...schema.toConfig(), assumeValid: false }))).toEqual([]);
      expect(validateSchema(buildSchema(printSchema(schema)))).toEqual([]);
    }
  });

  test('is the same through introspection', () => {
    const { schema } = shopGraph(naming);
    const client = buildClientSchema(introspectionFromSchema(schema, { specifiedByUrl: true }));
    expect(sorted(client)).toBe(sorted(schema));
  });

  test.each([false, true])(
    'finds exactly the types that fields lead to (subscriptions: %s)',
    (subscriptions) => {
      const { schema } = shopGraph(naming, subscriptions);
      const listed = Object.keys(schema.getTypeMap()).sort();
      const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
      const [query, mutation, subscription] = roots;
      const reached = Object.keys(new GraphQLSchema({ query, mutation, subscription }).getTypeMap()).sort();
      expect(listed).toEqual(reached);
      for (const name of listed) expect(schema.getType(name)?.name).toBe(name);
    },
  );
});
