import type { EnumFacts } from '../../catalog/index.ts';
import type { TypeRow } from './natives.ts';

/** The enums of a source, with unique names. */
export class EnumNames {
  readonly #defaultNamespace: string;
  readonly #taken = new Set<string>();
  readonly #ofType = new Map<string, string>();
  readonly #all: EnumFacts[] = [];

  constructor(defaultNamespace: string) {
    this.#defaultNamespace = defaultNamespace;
  }

  get all(): readonly EnumFacts[] {
    return this.#all;
  }

  /** Name of the enum for an enum type, or for a domain with a closed list. */
  ofType({ oid, namespace, name, comment }: TypeRow, values: readonly string[]): string {
    const known = this.#ofType.get(oid);
    if (known !== undefined) return known;
    const given = this.#add(namespace, name, values, comment);
    this.#ofType.set(oid, given);
    return given;
  }

  /** Name of the enum for a column whose check constraint is a closed list. */
  ofColumn(namespace: string, table: string, column: string, values: readonly string[]): string {
    return this.#add(namespace, `${table}_${column}`, values, null);
  }

  #add(namespace: string, base: string, values: readonly string[], comment: string | null): string {
    const plain = namespace === this.#defaultNamespace ? base : `${namespace}_${base}`;
    let name = plain;
    for (let next = 2; this.#taken.has(name); next++) name = `${plain}_${next}`;
    this.#taken.add(name);
    // The name already contains a namespace other than the default one.
    this.#all.push({ name, namespace: plain === base ? namespace : null, values, comment });
    return name;
  }
}
