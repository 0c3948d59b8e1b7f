import type { Column, Relationship, Table } from './catalog.ts';
import type { TableFacts } from './facts.ts';
import type { TableMetadata } from './metadata.ts';

/** Pairs of columns that must be equal. */
export type Pairs = Relationship['mapping'];

/** A table whose relationships are still being added. */
export class TableDraft {
  readonly table: Table;
  readonly facts: TableFacts;
  readonly metadata: TableMetadata | undefined;
  readonly #relationships: Relationship[];
  readonly #lost: string[];
  readonly #names = new Set<string>();
  #reserved: ReadonlyMap<string, string> = new Map();
  readonly #keptNames = new Map<string, string>();
  readonly #byTarget = new Map<Table, Relationship[]>();

  /** `relationships`, `lost`: the lists inside of `table`. */
  constructor(
    table: Table,
    { relationships, lost }: { readonly relationships: Relationship[]; readonly lost: string[] },
    facts: TableFacts,
    metadata: TableMetadata | undefined,
  ) {
    this.table = table;
    this.facts = facts;
    this.metadata = metadata;
    this.#relationships = relationships;
    this.#lost = lost;
  }

  /** Whether a column or a relationship has this name, or the name is reserved for one. */
  isTaken(name: string): boolean {
    return this.table.column.has(name) || this.#names.has(name) || this.#reserved.has(name);
  }

  /** Reserves names for relationships that had them. Maps each name to the foreign key of its relationship. */
  reserve(kept: ReadonlyMap<string, string>): void {
    this.#reserved = kept;
    for (const [name, foreignKey] of kept) this.#keptNames.set(foreignKey, name);
  }

  /** The name that a relationship had; `undefined`: the relationship is new, or a declared one has taken the name. */
  keptName(foreignKey: string): string | undefined {
    const name = this.#keptNames.get(foreignKey);
    return name === undefined || this.#names.has(name) ? undefined : name;
  }

  /** The foreign key that a name is kept for; `undefined`: for none, or a column or another relationship has the name. */
  keptFor(name: string): string | undefined {
    return this.table.column.has(name) || this.#names.has(name) ? undefined : this.#reserved.get(name);
  }

  /** The first free name. For an array relationship, the name of its aggregate must be free too. */
  freeName(candidates: readonly string[], kind: Relationship['kind']): string {
    const free = candidates.find((name) => this.isFree(name, kind));
    if (free !== undefined) return free;
    for (let number = 2; ; number++) {
      const name = `${candidates.at(-1)}_${number}`;
      if (this.isFree(name, kind)) return name;
    }
  }

  isFree(name: string, kind: Relationship['kind']): boolean {
    return !this.isTaken(name) && (kind === 'object' || !this.isTaken(`${name}_aggregate`));
  }

  /** Whether the same relationship exists, maybe under another name. */
  has(to: Table, pairs: Pairs, kind: Relationship['kind']): boolean {
    return (this.#byTarget.get(to) ?? []).some(
      (other) =>
        other.kind === kind &&
        other.mapping.length === pairs.length &&
        pairs.every((pair) => other.mapping.some((mine) => mine.from === pair.from && mine.to === pair.to)),
    );
  }

  /** Notes that a declared relationship was left out. */
  lose(name: string): void {
    this.#lost.push(name);
  }

  add(
    to: Table,
    given: Pick<
      Relationship,
      'name' | 'kind' | 'mapping' | 'nullable' | 'owner' | 'comment' | 'compare' | 'foreignKey'
    >,
  ): void {
    const { table: from } = this;
    const remote = from.source !== to.source;
    const mapping = Object.freeze(given.mapping.map((pair) => Object.freeze(pair)));
    const compare = remote ? (given.compare ?? 'exact') : undefined;
    const targets = given.mapping.map((pair) => pair.to);
    // Keys that differ in the database may be equal if case is ignored.
    const unique = compare !== 'ignore case' && isKey(to, targets);
    const relationship: Relationship = Object.freeze({
      ...given,
      mapping,
      from,
      to,
      remote,
      unique,
      compare,
    });
    this.#relationships.push(relationship);
    this.#names.add(given.name);
    const list = this.#byTarget.get(to);
    if (list === undefined) this.#byTarget.set(to, [relationship]);
    else list.push(relationship);
  }
}

/** Whether the columns include all columns of some key, so that at most one row has their values. */
export function isKey(table: Table, columns: readonly Column[]): boolean {
  return table.keys.some((key) => key.columns.every((column) => columns.includes(column)));
}

/** The columns of these names, in pairs. `null`: a column is not in the catalog. */
export function pairsOf(
  from: Table,
  to: Table,
  columns: readonly string[],
  toColumns: readonly string[],
): Pairs | null {
  const pairs: { from: Column; to: Column }[] = [];
  for (const [index, name] of columns.entries()) {
    const own = from.column.get(name);
    const other = to.column.get(toColumns[index]!);
    if (own === undefined || other === undefined) return null;
    pairs.push({ from: own, to: other });
  }
  return pairs;
}

/** The same pairs from the other table's point of view. */
export function reversedPairs(pairs: Pairs): Pairs {
  return pairs.map((pair) => ({ from: pair.to, to: pair.from }));
}
