import type { CatalogIssue, Key, RootFieldKind, Table } from '../../catalog/index.ts';
import type { RefusedRoot } from './clashes.ts';
import { isLegal } from './identifier.ts';

/** A root field. `key`: the key of a lookup, else `null`. */
export interface RootEntry {
  readonly table: Table;
  readonly kind: RootFieldKind;
  readonly key: Key | null;
}
type Named = RootEntry & { readonly name: string };

/** Root fields whose names follow no pattern: custom ones, and lookups by unique keys. */
export class Lookups {
  readonly #custom = new Map<Table, Map<RootFieldKind, string>>();
  readonly #keys = new Map<Table, Named[]>();
  readonly #entries = new Map<string, RootEntry>();
  readonly #issues: CatalogIssue[];
  readonly #refused: readonly RefusedRoot[];

  /** `refused`: custom root fields whose names are taken. */
  constructor(issues: CatalogIssue[], refused: readonly RefusedRoot[]) {
    this.#issues = issues;
    this.#refused = refused;
  }

  /** Reads the custom names of a table, once. Returns the kinds of root field that have a usable one. */
  addCustom(table: Table, kinds: readonly RootFieldKind[]): RootFieldKind[] {
    const known = this.#custom.get(table);
    if (known !== undefined) return [...known.keys()];
    if (Object.keys(table.customRootFields).length === 0) return [];
    const names = new Map<RootFieldKind, string>();
    for (const kind of kinds) {
      const name = table.customRootFields[kind];
      if (name === undefined || this.#isRefused(table, kind)) continue;
      if (isLegal(name)) names.set(kind, name);
      else {
        const reason = `GraphQL cannot spell the custom root field "${name}", so ${kind} keeps its usual name. Use letters, digits and _.`;
        this.#issues.push({ severity: 'error', where: table.id, reason });
      }
    }
    this.#custom.set(table, names);
    return [...names.keys()];
  }

  #isRefused(table: Table, kind: RootFieldKind): boolean {
    return this.#refused.some(({ side }) => side.owner === table && side.kind === kind);
  }

  custom(table: Table, kind: RootFieldKind): string | undefined {
    return this.#custom.get(table)?.get(kind);
  }

  /** Takes a name if it is free. Otherwise returns its holder. */
  claim(side: string, namespace: string | null, name: string, entry: RootEntry): RootEntry | undefined {
    const id = `${side} ${namespace ?? ''} ${name}`;
    const holder = this.#entries.get(id);
    if (holder === undefined) this.#entries.set(id, entry);
    return holder;
  }

  find(side: string, namespace: string | null, name: string): RootEntry | undefined {
    return this.#entries.get(`${side} ${namespace ?? ''} ${name}`);
  }

  addKey(table: Table, entry: Named): void {
    const keys = this.#keys.get(table);
    if (keys === undefined) this.#keys.set(table, [entry]);
    else keys.push(entry);
  }

  /** Lookups by unique keys of a table. */
  keysOf(table: Table): readonly Named[] {
    return this.#keys.get(table) ?? [];
  }
}
