import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';

/** The part of a graph that a change is about. */
export interface Subject {
  readonly type: string;
  /** A field, or a value of an enum. */
  readonly member: string | null;
  readonly argument: string | null;
  /** The parts with dots between them. */
  readonly what: string;
}

export function subject(type: string, member: string | null = null, argument: string | null = null): Subject {
  return { type, member, argument, what: [type, member, argument].filter((part) => part !== null).join('.') };
}

const name = '([_A-Za-z]\\w*)';
const forms: readonly (readonly [form: RegExp, of: (found: readonly string[]) => Subject])[] = [
  [new RegExp(`^A required field ${name} on input type ${name} `), ([field, type]) => subject(type!, field)],
  [new RegExp(`^An optional field ${name} on input type ${name} `), ([field, type]) => subject(type!, field)],
  [
    new RegExp(`^An? (?:required|optional) arg ${name} on ${name}\\.${name} `),
    ([argument, type, field]) => subject(type!, field, argument),
  ],
  [
    new RegExp(`^${name} was (?:removed from|added to) enum type ${name}`),
    ([value, type]) => subject(type!, value),
  ],
  [
    new RegExp(`^${name} was (?:removed from|added to) union type ${name}`),
    ([one, type]) => subject(type!, one),
  ],
  [
    new RegExp(`^${name}\\.${name} arg ${name} `),
    ([type, field, argument]) => subject(type!, field, argument),
  ],
  [new RegExp(`^${name}\\.${name} `), ([type, field]) => subject(type!, field)],
  [new RegExp(`^Standard scalar ${name} `), ([type]) => subject(type!)],
  [new RegExp(`^${name} `), ([type]) => subject(type!)],
];

/** The subject of a change that GraphQL.js has found. GraphQL.js states it in the description only. */
export function subjectOf(description: string): Subject {
  for (const [form, of] of forms) {
    const found = form.exec(description);
    if (found !== null) return of(found.slice(1));
  }
  return subject(description);
}

/** Whether a graph has the type, member or argument. */
export function exists(schema: GraphQLSchema, { type: typeName, member, argument }: Subject): boolean {
  const type = typeIn(schema, typeName);
  if (type === undefined) return false;
  if (member === null) return true;
  if (isEnumType(type)) return type.getValue(member) !== undefined;
  if (isInputObjectType(type)) return type.getFields()[member] !== undefined;
  if (!isObjectType(type) && !isInterfaceType(type)) return false;
  const field = type.getFields()[member];
  return field !== undefined && (argument === null || field.args.some((one) => one.name === argument));
}

/** A type of a graph, also one of its root types. */
export function typeIn(schema: GraphQLSchema, typeName: string): GraphQLNamedType | undefined {
  return schema.getType(typeName) ?? rootOf(schema, typeName);
}

function rootOf(schema: GraphQLSchema, typeName: string): GraphQLNamedType | undefined {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].find(
    (type) => type?.name === typeName,
  ) as GraphQLNamedType | undefined;
}
