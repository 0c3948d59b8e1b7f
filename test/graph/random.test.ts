import { GraphQLSchema, validateSchema } from 'graphql';
import {
  type ColumnFacts,
  type Naming,
  operatorSupport,
  type Scalar,
  scalars,
  type TableFacts,
} from '../../src/catalog/index.ts';
import { buildGraph, type GraphCapabilities } from '../../src/graph/index.ts';
import { catalog, column, everything, facts, little, reference, source, table } from './catalogs.ts';

/** Random numbers from 0 (inclusive) to 1 (exclusive), determined by the seed. */
function randomFrom(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

const names = [
  'user',
  'user_connection',
  'user aggregate',
  'USER',
  'date',
  'a_b',
  'a b',
  'json',
  '用户',
  'orders',
  'orders_by_note',
  'x',
];
const kinds = ['table', 'view', 'partitioned table'] as const;
const capabilities: readonly GraphCapabilities[] = [
  everything,
  little,
  { ...little, operators: operatorSupport(['_eq', '_gt']), aggregates: new Set() },
  {
    ...everything,
    operators: operatorSupport(everything.operators.keys(), { _contains: ['json'], _eq: ['bytes'] }),
  },
];

/** Tables of many shapes: without keys, columns or permissions, with odd names, arrays, enums and foreign keys. */
function randomSource(seed: number) {
  const random = randomFrom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const maybe = (chance = 0.5) => random() < chance;
  const some = names.filter(() => maybe(0.6));
  const tables = some.map((name): TableFacts => {
    const columns: ColumnFacts[] = maybe(0.7) ? [column('id', pick(['int', 'uuid', 'bigint'] as const))] : [];
    for (let at = Math.floor(random() * 5); at > 0; at--) {
      const scalar = pick(Object.keys(scalars) as Scalar[]);
      columns.push(
        column(`${pick(['note', 'total', 'null', '_or', 'T'])} ${at}`, scalar, {
          array: maybe(0.2),
          nullable: maybe(),
          generated: maybe(0.3),
          identity: maybe(0.1) ? 'always' : null,
          enumName: scalar === 'enum' && maybe(0.8) ? pick(['mood', 'date', 'void']) : null,
        }),
      );
    }
    const targets = some.filter(() => maybe(0.3));
    for (const at of targets.keys()) columns.push(column(`link${at}_id`, 'int', { nullable: maybe() }));
    return table(name, columns, {
      kind: pick(kinds),
      uniqueKeys:
        columns.length > 1 && maybe() ? [{ name: maybe() ? '' : 'k', columns: [columns[1]!.name] }] : [],
      foreignKeys: targets.map((target, at) => reference(`link${at}_id`, target)),
      insertable: maybe(0.7),
      updatable: maybe(0.7),
      deletable: maybe(0.7),
    });
  });
  const enums = [
    { name: 'mood', namespace: 'public', values: ['a', 'b c'], comment: null },
    { name: 'date', namespace: 'other', values: ['true'], comment: null },
    { name: 'void', namespace: 'public', values: [], comment: null },
  ];
  const naming: Naming = maybe() ? 'hasura-default' : 'graphql-default';
  const customization = {
    rootFields: maybe(0.3)
      ? { prefix: pick(['p', 'p_']), suffix: 'S' }
      : maybe(0.2)
        ? { namespace: 'user' }
        : {},
    typeNames: maybe(0.3) ? { prefix: pick(['P', 'p_']), suffix: '_s' } : {},
  };
  return { name: `s${seed % 2}`, facts: facts(tables, { enums }), naming, customization };
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  'random catalog %i: valid, and listed as it is reached',
  (seed) => {
    const inputs = [randomSource(2 * seed), randomSource(2 * seed + 1)];
    const whole = catalog(inputs.map(({ name, facts: content, ...more }) => source(name, content, more)));
    const build = () =>
      buildGraph(whole, (name) => capabilities[(seed + (name === 's0' ? 0 : 1)) % 3]!, {
        subscriptions: seed % 2 === 0,
      });
    const { schema } = build();
    const listed = Object.keys(schema.getTypeMap()).sort();
    // Types are requested by name from graphs that have not created them yet.
    const fresh = build().schema;
    for (const name of listed) expect(fresh.getType(name)?.name).toBe(name);
    const roots = {
      query: schema.getQueryType(),
      mutation: schema.getMutationType(),
      subscription: schema.getSubscriptionType(),
    };
    for (const type of Object.values(roots)) {
      const fields = type?.getFields() ?? {};
      expect(new Set(Object.keys(fields)).size).toBe(Object.keys(fields).length);
      expect(Object.keys(fields).filter((name) => fields[name]?.name !== name)).toEqual([]);
    }
    const complete = new GraphQLSchema(roots);
    expect(listed).toEqual(Object.keys(complete.getTypeMap()).sort());
    expect(validateSchema(complete)).toEqual([]);
  },
);
