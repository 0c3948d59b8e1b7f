import {
  type DocumentNode,
  extendSchema,
  GraphQLEnumType,
  type GraphQLFieldConfig,
  GraphQLInputObjectType,
  type GraphQLNamedType,
  GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  print,
} from 'graphql';
import type { CatalogIssue } from '../../catalog/index.ts';
import type { Operation } from '../names/conventions.ts';
import { field, list, nonNull } from '../types/make.ts';
import { base, fieldIn, nameOf, rootOf } from './definition.ts';
import type { ServiceTarget } from './target.ts';

/** A root field that is not that of a table. */
export interface ServiceDeclaration {
  readonly operation: Operation;
  /** Types, and a root type with the field. It has no faults (see `definitionFaults`). */
  readonly definition: DocumentNode;
  readonly target: ServiceTarget;
  /** For issues: `workflow close_order`, and its place in the metadata. */
  readonly where: string;
  readonly path: readonly (string | number)[];
}

type FieldConfig = GraphQLFieldConfig<unknown, unknown>;

interface Entry {
  readonly declaration: ServiceDeclaration;
  readonly name: string;
  readonly config: FieldConfig;
}

/** Root fields that are not those of tables, with the types that they use. */
export class ServiceFields {
  static readonly none = new ServiceFields([]);

  readonly #entries: readonly Entry[];
  readonly #fields = new Map<Operation, Map<string, FieldConfig>>();
  /** The types that the fields refer to, scalars among them. */
  readonly types: ReadonlyMap<string, GraphQLNamedType>;

  private constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    for (const operation of ['query', 'mutation', 'subscription'] as const) {
      const own = entries.filter(({ declaration }) => declaration.operation === operation);
      this.#fields.set(operation, new Map(own.map(({ name, config }) => [name, config])));
    }
    const types = new Map<string, GraphQLNamedType>();
    for (const { config } of entries) {
      addTypes(config.type, types);
      for (const argument of Object.values(config.args ?? {})) addTypes(argument.type, types);
    }
    this.types = types;
  }

  /** The declared fields beside the graph of all tables. Those whose names it has already are left out, and are reported. */
  static beside(
    tables: GraphQLSchema,
    declarations: readonly ServiceDeclaration[],
  ): { readonly services: ServiceFields; readonly issues: readonly CatalogIssue[] } {
    if (declarations.length === 0) return { services: ServiceFields.none, issues: [] };
    const { kept, issues } = withoutClashes(tables, declarations);
    return { services: new ServiceFields(entriesOf(kept)), issues };
  }

  /** The fields of an operation by name. */
  of(operation: Operation): ReadonlyMap<string, FieldConfig> {
    return this.#fields.get(operation)!;
  }

  /** The fields for which `keeps` holds. */
  only(keeps: (target: ServiceTarget, operation: Operation) => boolean): ServiceFields {
    const entries = this.#entries.filter(({ declaration }) =>
      keeps(declaration.target, declaration.operation),
    );
    return entries.length === 0 ? ServiceFields.none : new ServiceFields(entries);
  }

  /** Equal for fields that are equal. */
  get content(): readonly unknown[] {
    return this.#entries.map(({ declaration: { operation, definition, target } }) => [
      operation,
      print(definition),
      target,
    ]);
  }
}

function withoutClashes(tables: GraphQLSchema, declarations: readonly ServiceDeclaration[]) {
  const kept: ServiceDeclaration[] = [];
  const issues: CatalogIssue[] = [];
  const fields = new Map<string, ServiceDeclaration>();
  const types = new Map<string, { readonly text: string; readonly of: ServiceDeclaration }>();
  for (const declaration of declarations) {
    const { operation, definition, where, path } = declaration;
    const name = fieldIn(definition, operation).name.value;
    const defined = definition.definitions
      .filter((one) => nameOf(one) !== rootOf[operation])
      .map((one) => ({ name: nameOf(one)!, text: print(one) }));
    const reasons = [
      ...fieldClash(tables, operation, name, fields.get(`${sideOf(operation)} ${name}`)),
      ...defined.flatMap((one) => [...typeClash(tables, one, types.get(one.name))]),
    ];
    for (const reason of reasons)
      issues.push({ severity: 'error', topic: 'names', where, reason, path: [...path] });
    if (reasons.length > 0) continue;
    kept.push(declaration);
    fields.set(`${sideOf(operation)} ${name}`, declaration);
    for (const one of defined)
      if (!types.has(one.name)) types.set(one.name, { text: one.text, of: declaration });
  }
  return { kept, issues };
}

/** Queries and subscriptions share one space of names, as the fields of tables do. */
const sideOf = (operation: Operation) => (operation === 'mutation' ? 'write' : 'read');

const left = 'give the field another name, it is left out';

function* fieldClash(
  tables: GraphQLSchema,
  operation: Operation,
  name: string,
  other: ServiceDeclaration | undefined,
): Generator<string> {
  if (other !== undefined) yield `the root field "${name}" is that of ${other.where}: ${left}`;
  const roots =
    operation === 'mutation'
      ? [tables.getMutationType()]
      : [tables.getQueryType(), tables.getSubscriptionType()];
  if (roots.some((root) => root?.getFields()[name] !== undefined))
    yield `the root field "${name}" is that of a table: ${left}`;
}

function* typeClash(
  tables: GraphQLSchema,
  { name, text }: { readonly name: string; readonly text: string },
  other: { readonly text: string; readonly of: ServiceDeclaration } | undefined,
): Generator<string> {
  if (other !== undefined && other.text !== text)
    yield `the type "${name}" is defined otherwise by ${other.of.where}: give it another name, the field is left out`;
  if (tables.getType(name) !== undefined)
    yield `the type "${name}" is one of the graph already: give it another name, the field is left out`;
}

/** The fields with types that all of them share. */
function entriesOf(declarations: readonly ServiceDeclaration[]): Entry[] {
  const types = new Map<string, DocumentNode['definitions'][number]>();
  for (const { operation, definition } of declarations)
    for (const one of definition.definitions)
      if (nameOf(one) !== rootOf[operation]) types.set(nameOf(one)!, one);
  const numbered = declarations.map(({ operation, definition }, index) => ({
    kind: Kind.OBJECT_TYPE_DEFINITION as const,
    name: { kind: Kind.NAME as const, value: `Root${index}__` },
    fields: [fieldIn(definition, operation)],
  }));
  const schema = extendSchema(
    base().schema,
    { kind: Kind.DOCUMENT, definitions: [...types.values(), ...numbered] },
    { assumeValid: true },
  );
  const own = ownTypes(schema, types.keys());
  return declarations.map((declaration, index) => {
    const type = schema.getType(`Root${index}__`) as GraphQLObjectType;
    const [found] = Object.values(type.getFields());
    const args = Object.fromEntries(
      found!.args.map(({ name, description, type: given, defaultValue }) => [
        name,
        { description, type: own.replaced(given), defaultValue },
      ]),
    );
    return {
      declaration,
      name: found!.name,
      config: {
        ...field(own.replaced(found!.type), { kind: 'service', target: declaration.target }, { args }),
        description: found!.description,
        deprecationReason: found!.deprecationReason,
      },
    };
  });
}

/** The types of a schema over the scalars of Foz, which there is one instance of. */
function ownTypes(schema: GraphQLSchema, names: Iterable<string>) {
  const made = new Map<string, GraphQLNamedType>();
  const replaced = <T extends GraphQLType>(type: T): T => {
    if (isNonNullType(type)) return nonNull(replaced(type.ofType) as never) as unknown as T;
    if (isListType(type)) return list(replaced(type.ofType)) as unknown as T;
    const { name } = type as GraphQLNamedType;
    return (made.get(name) ?? base().scalars.get(name)) as T;
  };
  for (const name of names) {
    const type = schema.getType(name)!;
    if (isObjectType(type)) made.set(name, objectOf(type, replaced));
    else if (isInputObjectType(type)) made.set(name, inputOf(type, replaced));
    else made.set(name, new GraphQLEnumType({ ...(type as GraphQLEnumType).toConfig(), astNode: null }));
  }
  return { replaced };
}

type Replaced = <T extends GraphQLType>(type: T) => T;

function objectOf(type: GraphQLObjectType, replaced: Replaced): GraphQLObjectType {
  const { name, description } = type;
  return new GraphQLObjectType({
    name,
    description,
    fields: () =>
      Object.fromEntries(
        Object.values(type.getFields()).map((one) => [
          one.name,
          {
            description: one.description,
            deprecationReason: one.deprecationReason,
            type: replaced(one.type),
          },
        ]),
      ),
  });
}

function inputOf(type: GraphQLInputObjectType, replaced: Replaced): GraphQLInputObjectType {
  const { name, description, isOneOf } = type;
  return new GraphQLInputObjectType({
    name,
    description,
    isOneOf,
    fields: () =>
      Object.fromEntries(
        Object.values(type.getFields()).map(({ astNode: _, ...one }) => [
          one.name,
          { ...one, type: replaced(one.type) },
        ]),
      ),
  });
}

function addTypes(type: GraphQLType, into: Map<string, GraphQLNamedType>): void {
  const named = getNamedType(type);
  if (into.has(named.name)) return;
  into.set(named.name, named);
  if (isObjectType(named) || isInputObjectType(named))
    for (const one of Object.values(named.getFields())) addTypes(one.type, into);
}
