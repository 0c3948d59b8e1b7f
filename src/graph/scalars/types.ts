import {
  GraphQLBoolean,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLScalarType,
  GraphQLString,
  Kind,
  type ValueNode,
} from 'graphql';
import { type Naming, type Scalar, scalars } from '../../catalog/index.ts';
import { withDoubles } from '../../core/index.ts';
import { readGeometry } from './geometry.ts';
import { jsonLiteral, readJson } from './json.ts';
import { readBigint, readFloat, readNumeric, readReal, readSmallint } from './numbers.ts';
import { atNode, rawLiteral } from './refuse.ts';
import { readBytes, readUuid } from './text.ts';
import { readDate, readInterval, readTime, readTimestamp, readTimestamptz, readTimetz } from './times.ts';

interface Rule {
  /**
   * Reads a JSON value (never null) as a canonical value (see plan/model/param.ts). `name`: the scalar, for the
   * GraphQLError of a refusal.
   */
  readonly read: (name: string, input: unknown) => unknown;
  /**
   * How number literals are passed to `read`. `json` and `doubles`: literals are JSON values, with or without exact
   * numbers.
   */
  readonly literals: 'digits' | 'number' | 'json' | 'doubles';
  readonly specifiedBy?: string;
}

const rfc = 'https://datatracker.ietf.org/doc/html/rfc';

/** How the values of every scalar are checked, or GraphQL's own type where that fits. */
const rules = {
  boolean: GraphQLBoolean,
  int: GraphQLInt,
  text: GraphQLString,
  enum: GraphQLString,
  opaque: GraphQLString,
  smallint: { read: readSmallint, literals: 'number' },
  bigint: { read: readBigint, literals: 'digits' },
  numeric: { read: readNumeric, literals: 'digits' },
  real: { read: readReal, literals: 'number' },
  float: { read: readFloat, literals: 'number' },
  uuid: { read: readUuid, literals: 'number', specifiedBy: `${rfc}9562` },
  date: { read: readDate, literals: 'number', specifiedBy: `${rfc}3339#section-5.6` },
  time: { read: readTime, literals: 'number' },
  timetz: { read: readTimetz, literals: 'number' },
  timestamp: { read: readTimestamp, literals: 'number' },
  timestamptz: { read: readTimestamptz, literals: 'number', specifiedBy: `${rfc}3339#section-5.6` },
  interval: { read: readInterval, literals: 'number' },
  json: { read: readJson, literals: 'json', specifiedBy: `${rfc}8259` },
  jsonb: { read: readJson, literals: 'json', specifiedBy: `${rfc}8259` },
  bytea: { read: readBytes, literals: 'number', specifiedBy: `${rfc}4648#section-4` },
  geometry: { read: readGeometry, literals: 'doubles', specifiedBy: `${rfc}7946#section-3.1` },
} as const satisfies Record<Scalar, Rule | GraphQLScalarType>;

const names = Object.keys(rules) as Scalar[];
const made = new Map<string, GraphQLScalarType>();

/** The GraphQL name of a scalar in a naming convention. */
export function scalarName(naming: Naming, scalar: Scalar): string {
  return naming === 'hasura-default' ? scalars[scalar].name : scalars[scalar].graphqlDefault;
}

/** The GraphQL type of a scalar in a naming convention. There is one instance per name in the whole process. */
export function scalarType(naming: Naming, scalar: Scalar): GraphQLScalarType {
  const rule: Rule | GraphQLScalarType = rules[scalar];
  if (rule instanceof GraphQLScalarType) return rule;
  const name = scalarName(naming, scalar);
  let type = made.get(name);
  if (type === undefined) {
    // Scalars that share a name get one description, whichever of them is used first.
    const last = names.findLast((other) => scalarName(naming, other) === name) ?? scalar;
    type = makeType(name, scalars[last].description, rule);
    made.set(name, type);
  }
  return type;
}

const exact = new WeakSet<GraphQLLeafType>();

/** Whether a scalar takes ExactNumbers. Others get the nearest double. */
export function keepsDigits(type: GraphQLLeafType): boolean {
  return exact.has(type);
}

function makeType(name: string, description: string, rule: Rule): GraphQLScalarType {
  const { read, literals, specifiedBy } = rule;
  const isJson = literals === 'json' || literals === 'doubles';
  const reading: Rule['read'] =
    literals === 'doubles' ? (called, input) => read(called, withDoubles(input)) : read;
  const type = new GraphQLScalarType({
    name,
    description,
    specifiedByURL: specifiedBy,
    parseValue: (input) => read(name, input),
    parseLiteral: (node: ValueNode, variables) =>
      atNode(node, () =>
        isJson ? literalOf(name, reading, node, variables) : read(name, rawLiteral(node, literals)),
      ),
  });
  if (literals === 'digits' || literals === 'json') exact.add(type);
  return type;
}

/** Reads a JSON literal. One with variables is checked only when their values are known. */
function literalOf(
  name: string,
  read: Rule['read'],
  node: ValueNode,
  variables: Record<string, unknown> | null | undefined,
): unknown {
  const value = jsonLiteral(name, node, variables);
  const open = (variables === null || variables === undefined) && hasVariable(node);
  return open || value === null || value === undefined ? value : read(name, value);
}

function hasVariable(node: ValueNode): boolean {
  if (node.kind === Kind.LIST) return node.values.some(hasVariable);
  if (node.kind === Kind.OBJECT) return node.fields.some((field) => hasVariable(field.value));
  return node.kind === Kind.VARIABLE;
}
