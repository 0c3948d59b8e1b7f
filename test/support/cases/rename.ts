import {
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type TypeNode,
  type ValueNode,
} from 'graphql';

/**
 * Rewrites an operation from one naming convention to the other. Both graphs are made from the same catalog in the same
 * order, so the n-th field of a type corresponds to the n-th field of its twin. Response keys do not change.
 */
export class Renamer {
  readonly #from: GraphQLSchema;
  readonly #twins = new Map<string, GraphQLNamedType>();

  constructor(from: GraphQLSchema, to: GraphQLSchema) {
    this.#from = from;
    this.#pair(from.getQueryType()!, to.getQueryType()!);
    const [mutation, twin] = [from.getMutationType(), to.getMutationType()];
    if (mutation && twin) this.#pair(mutation, twin);
  }

  document(document: DocumentNode): DocumentNode {
    return {
      ...document,
      definitions: document.definitions.map((definition) => {
        if (definition.kind === Kind.FRAGMENT_DEFINITION) {
          const type = this.#from.getType(definition.typeCondition.name.value) as GraphQLObjectType;
          return {
            ...definition,
            typeCondition: this.#named(definition.typeCondition),
            selectionSet: this.#selections(type, definition.selectionSet),
          };
        }
        if (definition.kind !== Kind.OPERATION_DEFINITION) return definition;
        const root =
          definition.operation === 'query' ? this.#from.getQueryType()! : this.#from.getMutationType()!;
        return {
          ...definition,
          variableDefinitions: definition.variableDefinitions?.map((variable) => ({
            ...variable,
            type: this.#typeNode(variable.type),
            ...(variable.defaultValue === undefined
              ? {}
              : {
                  defaultValue: this.#value(
                    this.#typeOf(variable.type),
                    variable.defaultValue,
                  ) as typeof variable.defaultValue,
                }),
          })),
          selectionSet: this.#selections(root, definition.selectionSet),
        };
      }),
    };
  }

  variables(document: DocumentNode, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const renamed: Record<string, unknown> = { ...values };
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      for (const variable of definition.variableDefinitions ?? []) {
        const name = variable.variable.name.value;
        if (name in values) renamed[name] = this.#json(this.#typeOf(variable.type), values[name]);
      }
    }
    return renamed;
  }

  /** An answer under the other convention, with `__typename` renamed back to the first convention. */
  typeNames(answer: string): string {
    const names = new Map([...this.#twins].map(([name, twin]) => [twin.name, name]));
    return answer.replaceAll(/"([A-Za-z_]\w*)"(?!:)/g, (text, name: string) =>
      names.has(name) ? JSON.stringify(names.get(name)) : text,
    );
  }

  #pair(from: GraphQLNamedType, to: GraphQLNamedType): void {
    if (this.#twins.has(from.name)) return;
    this.#twins.set(from.name, to);
    if (isObjectType(from) && isObjectType(to)) {
      const twins = Object.values(to.getFields());
      for (const [index, field] of Object.values(from.getFields()).entries()) {
        const twin = twins[index]!;
        this.#pair(getNamedType(field.type), getNamedType(twin.type));
        for (const [at, argument] of field.args.entries())
          this.#pair(getNamedType(argument.type), getNamedType(twin.args[at]!.type));
      }
    } else if (isInputObjectType(from) && isInputObjectType(to)) {
      const twins = Object.values(to.getFields());
      for (const [index, field] of Object.values(from.getFields()).entries())
        this.#pair(getNamedType(field.type), getNamedType(twins[index]!.type));
    }
  }

  #twinField<T extends { readonly name: string }>(
    list: readonly T[],
    twins: readonly T[],
    name: string,
  ): T | undefined {
    const index = list.findIndex((field) => field.name === name);
    return index < 0 ? undefined : twins[index];
  }

  #selections(type: GraphQLObjectType, set: SelectionSetNode): SelectionSetNode {
    const twin = this.#twins.get(type.name) as GraphQLObjectType;
    const fields = Object.values(type.getFields());
    return {
      ...set,
      selections: set.selections.map((selection) => {
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          const { typeCondition } = selection;
          return {
            ...selection,
            ...(typeCondition === undefined ? {} : { typeCondition: this.#named(typeCondition) }),
            selectionSet: this.#selections(
              typeCondition === undefined
                ? type
                : (this.#from.getType(typeCondition.name.value) as GraphQLObjectType),
              selection.selectionSet,
            ),
          };
        }
        if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
        const field = type.getFields()[selection.name.value];
        const renamed = this.#twinField(fields, Object.values(twin.getFields()), selection.name.value);
        if (field === undefined || renamed === undefined) return selection;
        return {
          ...selection,
          alias: selection.alias ?? { kind: Kind.NAME, value: selection.name.value },
          name: { kind: Kind.NAME, value: renamed.name },
          arguments: selection.arguments?.map((argument) => {
            const definition = field.args.find((candidate) => candidate.name === argument.name.value)!;
            const twinArgument = this.#twinField(
              field.args,
              renamed.args,
              argument.name.value,
            ) as GraphQLArgument;
            return {
              ...argument,
              name: { kind: Kind.NAME as const, value: twinArgument.name },
              value: this.#value(definition.type, argument.value),
            };
          }),
          ...(selection.selectionSet === undefined
            ? {}
            : {
                selectionSet: this.#selections(
                  getNamedType(field.type) as GraphQLObjectType,
                  selection.selectionSet,
                ),
              }),
        };
      }),
    };
  }

  #value(type: GraphQLInputType, node: ValueNode): ValueNode {
    const named = getNamedType(type);
    if (node.kind === Kind.LIST)
      return { ...node, values: node.values.map((value) => this.#value(type, value)) };
    const twin = this.#twins.get(named.name);
    if (node.kind === Kind.ENUM && isEnumType(named) && isEnumType(twin)) {
      return { ...node, value: this.#twinField(named.getValues(), twin.getValues(), node.value)!.name };
    }
    if (node.kind !== Kind.OBJECT || !isInputObjectType(named) || !isInputObjectType(twin)) return node;
    const fields = Object.values(named.getFields());
    return {
      ...node,
      fields: node.fields.map((entry) => {
        const renamed = this.#twinField(fields, Object.values(twin.getFields()), entry.name.value)!;
        return {
          ...entry,
          name: { kind: Kind.NAME as const, value: renamed.name },
          value: this.#value(named.getFields()[entry.name.value]!.type, entry.value),
        };
      }),
    };
  }

  #json(type: GraphQLInputType, value: unknown): unknown {
    const named = getNamedType(type);
    if (Array.isArray(value) && (isEnumType(named) || isInputObjectType(named)))
      return value.map((item) => this.#json(type, item));
    const twin = this.#twins.get(named.name);
    if (typeof value === 'string' && isEnumType(named) && isEnumType(twin))
      return this.#twinField(named.getValues(), twin.getValues(), value)?.name ?? value;
    if (value === null || typeof value !== 'object' || !isInputObjectType(named) || !isInputObjectType(twin))
      return value;
    const fields = Object.values(named.getFields());
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => {
        const renamed = this.#twinField(fields, Object.values(twin.getFields()), name)!;
        return [renamed.name, this.#json(named.getFields()[name]!.type, item)];
      }),
    );
  }

  #typeOf(node: TypeNode): GraphQLInputType {
    if (node.kind === Kind.NAMED_TYPE) return this.#from.getType(node.name.value) as GraphQLInputType;
    return this.#typeOf(node.type);
  }

  #typeNode<T extends TypeNode>(node: T): T {
    if (node.kind === Kind.NAMED_TYPE) return this.#named(node) as T;
    return { ...node, type: this.#typeNode(node.type as TypeNode) };
  }

  #named<T extends { readonly name: { readonly value: string } }>(node: T): T {
    const twin = this.#twins.get(node.name.value);
    return twin === undefined ? node : { ...node, name: { ...node.name, value: twin.name } };
  }
}
