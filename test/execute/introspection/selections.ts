import {
  type GraphQLEnumType,
  type GraphQLField,
  GraphQLObjectType,
  getNamedType,
  isLeafType,
  SchemaMetaFieldDef,
} from 'graphql';

/** Random numbers from 0 to below 1, determined by the seed. */
export function randomFrom(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

export interface RandomOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const flags = ['yes', 'no', 'unset'] as const;

/** Writes random introspection operations with every construct of the grammar. */
class Writer {
  readonly #random: () => number;
  readonly #fragments = new Map<string, string>();
  readonly #typeNames: readonly string[];

  constructor(random: () => number, typeNames: readonly string[]) {
    this.#random = random;
    this.#typeNames = typeNames;
  }

  operation(): RandomOperation {
    const roots = Array.from({ length: 1 + this.#number(3) }, (_, at) => this.#root(at));
    const header =
      'query Asked($yes: Boolean!, $no: Boolean! = false, $unset: Boolean! = true, $maybe: Boolean, $name: String!)';
    // A variable that is not used is a validation error.
    const uses =
      'used: __schema @skip(if: $no) @include(if: $yes) { directives @skip(if: $unset) { args(includeDeprecated: $maybe) { name } } __typename } named: __type(name: $name) { name }';
    const query = [`${header} { ${roots.join(' ')} ${uses} }`, ...this.#fragments.values()].join('\n');
    const maybe = this.#pick([{}, { maybe: null }, { maybe: true }, { maybe: false }]);
    return { query, variables: { yes: true, no: this.#random() < 0.1, ...maybe, name: this.#name() } };
  }

  #root(at: number): string {
    const chance = this.#random();
    if (chance < 0.2) return `t${at}: __typename${this.#directives()}`;
    if (chance < 0.5) {
      const name = JSON.stringify(this.#name());
      return `t${at}: __type(name: ${name})${this.#directives()} ${this.#set(typeType, 3)}`;
    }
    return `s${at}: __schema${this.#directives()} ${this.#set(schemaType, 3)}`;
  }

  #set(type: GraphQLObjectType, depth: number): string {
    const count = 1 + this.#number(6);
    const parts = Array.from({ length: count }, () => this.#selection(type, depth));
    return `{ ${parts.join(' ')} }`;
  }

  #selection(type: GraphQLObjectType, depth: number): string {
    const chance = this.#random();
    if (depth > 0 && chance < 0.12) {
      const condition = this.#pick(['', ` on ${type.name}`]);
      return `...${condition}${this.#directives()} ${this.#set(type, depth - 1)}`;
    }
    if (depth > 0 && chance < 0.22) return `...${this.#fragment(type, depth - 1)}${this.#directives()}`;
    if (chance < 0.28) return this.#pick(['__typename', 'own: __typename']);
    return this.#field(type, depth);
  }

  /** Reuses a fragment, or writes a new one. */
  #fragment(type: GraphQLObjectType, depth: number): string {
    const name = `${type.name.slice(2)}${depth}_${this.#number(3)}`;
    if (!this.#fragments.has(name)) {
      this.#fragments.set(name, '');
      this.#fragments.set(name, `fragment ${name} on ${type.name} ${this.#set(type, depth)}`);
    }
    return name;
  }

  #field(type: GraphQLObjectType, depth: number): string {
    const fields = Object.values(type.getFields()).filter(
      ({ type: inner }) => depth > 0 || isLeafType(getNamedType(inner)),
    );
    const field = this.#pick(fields);
    const { args, alias } = this.#arguments(field);
    const key = this.#pick([alias, `${alias === '' ? field.name : alias}Again`]);
    const inner = getNamedType(field.type);
    const set = inner instanceof GraphQLObjectType ? ` ${this.#set(inner, depth - 1)}` : '';
    return `${key === '' ? '' : `${key}: `}${field.name}${args}${this.#directives()}${set}`;
  }

  /** Fields with different arguments get different aliases, since they would not merge. */
  #arguments(field: GraphQLField<unknown, unknown>): { readonly args: string; readonly alias: string } {
    if (field.args.length === 0 || this.#random() < 0.4) return { args: '', alias: '' };
    const given = this.#pick(['true', 'false', '$yes', '$no', '$unset', '$maybe', 'null']);
    const nullable = !String(field.args[0]!.type).endsWith('!');
    const value = nullable || (given !== '$maybe' && given !== 'null') ? given : '$yes';
    return { args: `(includeDeprecated: ${value})`, alias: `${field.name}_${value.replace('$', 'of_')}` };
  }

  #directives(): string {
    if (this.#random() < 0.75) return '';
    const directive = this.#pick(['skip', 'include']);
    const value = this.#pick(['true', 'false', ...flags.map((flag) => `$${flag}`)]);
    return ` @${directive}(if: ${value})`;
  }

  #name(): string {
    return this.#random() < 0.1 ? 'no such type' : this.#pick(this.#typeNames);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#number(items.length)]!;
  }

  #number(below: number): number {
    return Math.floor(this.#random() * below);
  }
}

const schemaType = getNamedType(SchemaMetaFieldDef.type) as GraphQLObjectType;
const typeType = getNamedType(schemaType.getFields().types!.type) as GraphQLObjectType;

/** A random introspection operation; it may be invalid. */
export function randomOperation(seed: number, typeNames: readonly string[]): RandomOperation {
  return new Writer(randomFrom(seed), typeNames).operation();
}

/** The types of the introspection schema, by name. */
export function introspectionObjects(): GraphQLObjectType[] {
  const found = new Set<GraphQLObjectType | GraphQLEnumType>([schemaType]);
  for (const type of found) {
    if (!(type instanceof GraphQLObjectType)) continue;
    for (const field of Object.values(type.getFields())) {
      const inner = getNamedType(field.type);
      if (inner instanceof GraphQLObjectType) found.add(inner);
    }
  }
  return [...found].filter((type) => type instanceof GraphQLObjectType);
}
