import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLField,
  GraphQLIncludeDirective,
  GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type VariableNode,
} from 'graphql';
import { FozError } from '../../core/index.ts';
import { type IntrospectionArguments, type Rule, ruleOf } from './fields.ts';
import { flat, ReusableText, SmallCache } from './flat.ts';
import { memberText } from './members.ts';
import type { Sink } from './sink.ts';
import type { Walk } from './walk.ts';

/** A compiled selection, which writes any number of values: at once where it is short, else piece by piece. */
export type Writer =
  | { readonly kind: 'short'; readonly text: (value: unknown) => string }
  | { readonly kind: 'long'; readonly walk: (value: unknown, sink: Sink) => Walk };

/** The context that selections are compiled in. Variables are coerced. */
export interface Context {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Compiles the selections of one operation. Fragments and @skip/@include are resolved here, once. */
export class Compiler {
  readonly #context: Context;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor(context: Context) {
    this.#context = context;
    this.#fragments = new Map(
      context.document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
      ),
    );
  }

  get schema(): GraphQLSchema {
    return this.#context.schema;
  }

  /** The fields selected on a type by response key, each with all its nodes in the document. */
  collect(typeName: string, sets: readonly SelectionSetNode[]): Map<string, FieldNode[]> {
    const into = new Map<string, FieldNode[]>();
    const spread = new Set<string>();
    for (const set of sets) this.#collect(typeName, set, into, spread);
    return into;
  }

  /** The arguments of a field. Throws `validation-failed` for a variable that is null where null is not allowed. */
  given(field: GraphQLField<unknown, unknown>, node: FieldNode): Readonly<Record<string, unknown>> {
    try {
      return getArgumentValues(field, node, this.#context.variables);
    } catch (error) {
      const { message, nodes } = error as GraphQLError;
      const variable = nodes?.find(({ kind }) => kind === Kind.VARIABLE) as VariableNode | undefined;
      const name = variable === undefined ? '' : `.${variable.name.value}`;
      throw new FozError('validation-failed', message, { path: `$.variableValues${name}` });
    }
  }

  /** An object of an introspection type; `undefined` and null are written as null. */
  object(type: GraphQLObjectType, nodes: readonly FieldNode[]): Writer {
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const entries = [...this.collect(type.name, sets)].map(([key, found], index) => ({
      prefix: flat(`${index === 0 ? '{' : ','}${JSON.stringify(key)}:`),
      writer: this.#field(type, found),
      isName: found[0]!.name.value === 'name',
    }));
    return objectWriter(entries, memberTypes.has(type.name));
  }

  #field(type: GraphQLObjectType, nodes: readonly FieldNode[]): Writer {
    const [node] = nodes as [FieldNode];
    const name = node.name.value;
    if (name === '__typename') {
      const text = JSON.stringify(type.name);
      return { kind: 'short', text: () => text };
    }
    const field = type.getFields()[name];
    const rule = ruleOf(type.name, name);
    if (field === undefined || rule === undefined)
      throw new FozError('not-supported', `Introspection does not know the field ${type.name}.${name}.`);
    if (rule.kind === 'leaf') return { kind: 'short', text: rule.text };
    const inner = getNamedType(field.type);
    const object = this.object(inner as GraphQLObjectType, nodes);
    if (rule.kind === 'one') return oneWriter(rule, object);
    return manyWriter(rule, object, this.given(field, node), this.#context.schema);
  }

  #collect(
    typeName: string,
    set: SelectionSetNode,
    into: Map<string, FieldNode[]>,
    spread: Set<string>,
  ): void {
    for (const selection of set.selections) {
      if (!this.#isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const known = into.get(key);
        if (known === undefined) into.set(key, [selection]);
        else known.push(selection);
        continue;
      }
      const fragment = this.#spread(selection, spread);
      const condition = fragment?.typeCondition?.name.value;
      if (fragment !== undefined && (condition === undefined || condition === typeName))
        this.#collect(typeName, fragment.selectionSet, into, spread);
    }
  }

  /** The fragment of a spread; `undefined`: it is already included. */
  #spread(selection: Exclude<SelectionNode, FieldNode>, spread: Set<string>) {
    if (selection.kind === Kind.INLINE_FRAGMENT) return selection;
    const name = selection.name.value;
    if (spread.has(name)) return undefined;
    spread.add(name);
    return this.#fragments.get(name);
  }

  #isIncluded(node: SelectionNode): boolean {
    const { variables } = this.#context;
    if (node.directives === undefined || node.directives.length === 0) return true;
    if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.if === true) return false;
    return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false;
  }
}

interface Entry {
  /** Brace or comma, and the key. */
  readonly prefix: string;
  readonly writer: Writer;
  readonly isName: boolean;
}

const memberTypes: ReadonlySet<string> = new Set(['__Field', '__InputValue', '__EnumValue']);

function objectWriter(entries: readonly Entry[], isMember: boolean): Writer {
  if (entries.length === 0) return { kind: 'short', text: (value) => (value == null ? 'null' : '{}') };
  const short = entries.flatMap(({ prefix, writer, isName }) =>
    writer.kind === 'short' ? [{ prefix, text: writer.text, isName }] : [],
  );
  if (short.length === entries.length) {
    if (isMember) return { kind: 'short', text: memberText(short) };
    const text = (value: unknown) => {
      if (value == null) return 'null';
      let all = '';
      for (const entry of short) all += entry.prefix + entry.text(value);
      return `${all}}`;
    };
    return { kind: 'short', text };
  }
  return { kind: 'long', walk: (value, sink) => walkObject(entries, value, sink) };
}

function* walkObject(entries: readonly Entry[], value: unknown, sink: Sink): Walk {
  if (value == null) {
    sink.write('null');
    return;
  }
  for (const { prefix, writer } of entries) {
    sink.write(prefix);
    if (writer.kind === 'short') sink.write(writer.text(value));
    else yield* writer.walk(value, sink);
  }
  sink.write('}');
}

function oneWriter({ get }: Extract<Rule<unknown>, { kind: 'one' }>, object: Writer): Writer {
  if (object.kind === 'long') return { kind: 'long', walk: (value, sink) => object.walk(get(value), sink) };
  // Thousands of fields have the same few types.
  const known = new SmallCache<ReusableText>();
  const text = (value: unknown) => {
    const inner = get(value);
    return known.get(inner, () => new ReusableText(object.text(inner))).use();
  };
  return { kind: 'short', text };
}

function manyWriter(
  { get, long }: Extract<Rule<unknown>, { kind: 'many' }>,
  object: Writer,
  given: IntrospectionArguments,
  schema: GraphQLSchema,
): Writer {
  const items = (value: unknown) => get(value, given, schema);
  if (long || object.kind === 'long')
    return { kind: 'long', walk: (value, sink) => walkList(items(value), object, sink) };
  const text = (value: unknown) => {
    const list = items(value);
    if (list === undefined) return 'null';
    let all = '';
    for (const item of list) all += (all === '' ? '[' : ',') + object.text(item);
    return all === '' ? '[]' : `${all}]`;
  };
  return { kind: 'short', text };
}

function* walkList(list: Iterable<unknown> | undefined, object: Writer, sink: Sink): Walk {
  if (list === undefined) {
    sink.write('null');
    return;
  }
  let before = '[';
  for (const item of list) {
    if (sink.isDue()) yield;
    if (item === null) continue;
    sink.write(before);
    before = ',';
    if (object.kind === 'short') sink.write(object.text(item));
    else yield* object.walk(item, sink);
  }
  sink.write(before === '[' ? '[]' : ']');
}

/** The introspection type that `__schema` or `__type` leads to. */
export function typeOfMeta(field: GraphQLField<unknown, unknown>): GraphQLObjectType {
  const type = getNamedType(field.type);
  if (!(type instanceof GraphQLObjectType))
    throw new FozError('unexpected', `${field.name} leads to no object type.`);
  return type;
}
