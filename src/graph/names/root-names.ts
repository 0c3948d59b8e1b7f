import type { CatalogIssue, Key, RootFieldKind, Table } from '../../catalog/index.ts';
import { allowsRoot, offersLookup } from '../column-support.ts';
import { clashesIn, type NameClash, namespaceOf, type RefusedRoot } from './clashes.ts';
import { type Operation, rootKinds, rootPatterns } from './conventions.ts';
import { Directory } from './directory.ts';
import { noLookup } from './issues.ts';
import { lookupKeys, lookupName } from './lookup-names.ts';
import { Lookups, type RootEntry } from './lookups.ts';
import { rootEndingOf, rootWord, type Style, wordsBefore } from './style.ts';

/** Root fields that share one space of names: those of queries and subscriptions (`read`), those of mutations (`write`). */
export type RootSide = 'read' | 'write';
const sideOf = (operation: Operation): RootSide => (operation === 'mutation' ? 'write' : 'read');

/** The inputs that determine the names of root fields. */
interface TableNaming {
  readonly namespaces: readonly string[];
  /** The name of a table in its fields and types. */
  base(table: Table): string;
  /** The convention and customization that a table's names follow. */
  style(table: Table): Style;
  /** Whether the names of the table were entered. */
  includes(table: Table): boolean;
  /** Whether the table has this kind of root field in the graph. */
  hasRoot(table: Table, kind: RootFieldKind): boolean;
}

/** The names of root fields: those that follow a pattern, custom ones, and lookups by unique keys. */
export class RootNames {
  readonly #tables: TableNaming;
  readonly #issues: CatalogIssue[];
  readonly #lookups: Lookups;
  readonly #directories = new Map<string, Directory<Table, RootFieldKind>>();

  /** `issues`: receives new ones. `refused`: custom root fields whose names are taken. */
  constructor(tables: TableNaming, issues: CatalogIssue[], refused: readonly RefusedRoot[]) {
    this.#tables = tables;
    this.#issues = issues;
    this.#lookups = new Lookups(issues, refused);
  }

  /** Enters the names of a table's root fields that follow a pattern. */
  enter(table: Table): void {
    const style = this.#tables.style(table);
    const base = this.#tables.base(table);
    for (const { side, verb, endings } of style.rootLists) {
      const word = rootWord(style, verb ?? 'any', table, base);
      const text = verb === null ? word : wordsBefore(style, verb) + word;
      this.#directory(side, style.namespace).add(text, endings, table);
    }
  }

  /** Enters `custom_root_fields`. Names that are taken are clashes. */
  enterCustom(tables: readonly Table[]): NameClash[] {
    const clashes: NameClash[] = [];
    for (const table of tables) {
      for (const kind of this.#lookups.addCustom(table, rootKinds)) {
        const name = this.#lookups.custom(table, kind)!;
        const side: RootSide = rootPatterns[kind].verb === '' ? 'read' : 'write';
        const { namespace } = this.#tables.style(table);
        const holder = this.#lookups.claim(side, namespace, name, { table, kind, key: keyOf(table, kind) });
        const other = holder ?? this.#patternRoot(side, namespace, name);
        if (other === undefined || other.table === table) continue;
        clashes.push({
          what: 'root field',
          name,
          one: { owner: table, kind, custom: true },
          other: { owner: other.table, kind: other.kind, custom: holder !== undefined },
        });
      }
    }
    return clashes;
  }

  /**
   * Names a lookup `orders_by_number` for every unique key besides the primary one. Where the name is taken, the lookup is left out. It
   * is a clash instead where the table of the key is older than the holder of the name.
   */
  enterLookups(table: Table): NameClash[] {
    const style = this.#tables.style(table);
    return lookupKeys(table).flatMap((key): NameClash[] => {
      const name = lookupName(style, table, this.#tables.base(table), key);
      const entry = { table, kind: 'select_by_pk' as const, key };
      const { namespace } = style;
      const found = this.#patternRoot('read', namespace, name);
      if (found !== undefined && isNewer(found.table, table)) {
        const one = { owner: found.table, kind: found.kind };
        return [{ what: 'root field', name, one, other: { owner: table, kind: 'select_by_pk' } }];
      }
      const holder =
        found?.table.id ??
        (namespace === null && this.#tables.namespaces.includes(name) ? namespaceOf : undefined) ??
        this.#lookups.claim('read', namespace, name, entry)?.table.id;
      if (holder === undefined) this.#lookups.addKey(table, { ...entry, name });
      else if (holder !== table.id) this.#issues.push(noLookup(table, key, name, holder));
      return [];
    });
  }

  /** The clashes between names that follow a pattern. */
  clashes(): NameClash[] {
    return [...this.#directories.values()].flatMap((directory) => clashesIn('root field', directory));
  }

  /** The clashes with the fields that namespaces are under. */
  namespaceClashes(): NameClash[] {
    return this.#tables.namespaces.flatMap((name) =>
      (['query', 'mutation'] as const).flatMap((operation): NameClash[] => {
        const found = this.find(operation, null, name);
        if (found === undefined) return [];
        const custom = this.#lookups.custom(found.table, found.kind) !== undefined;
        return [
          { what: 'root field', name, one: { owner: found.table, kind: found.kind, custom }, other: null },
        ];
      }),
    );
  }

  nameOf(table: Table, kind: RootFieldKind): string {
    const custom = this.#lookups.custom(table, kind);
    if (custom !== undefined) return custom;
    const style = this.#tables.style(table);
    const { verb } = rootPatterns[kind];
    const word = rootWord(style, verb, table, this.#tables.base(table));
    return wordsBefore(style, verb) + word + rootEndingOf(style, kind);
  }

  /** All root fields of a table for an operation, with their names. */
  of(table: Table, operation: Operation): (RootEntry & { readonly name: string })[] {
    const fields = rootKinds
      .filter((kind) => (rootPatterns[kind].operations as readonly string[]).includes(operation))
      .filter((kind) => this.#tables.hasRoot(table, kind) && allowsRoot(table, kind, operation))
      .map((kind) => ({ table, kind, key: keyOf(table, kind), name: this.nameOf(table, kind) }));
    if (operation === 'mutation' || !allowsRoot(table, 'select_by_pk', operation)) return fields;
    return [...fields, ...this.#lookups.keysOf(table)];
  }

  find(operation: Operation, namespace: string | null, name: string): RootEntry | undefined {
    const side = sideOf(operation);
    const found = [this.#lookups.find(side, namespace, name), this.#patternRoot(side, namespace, name)];
    return found.find((entry) => {
      if (entry === undefined || !this.#isOffered(entry)) return false;
      if (!allowsRoot(entry.table, entry.kind, operation)) return false;
      return (rootPatterns[entry.kind].operations as readonly Operation[]).includes(operation);
    });
  }

  /** The table that a root field reads or writes. */
  holder(side: RootSide, namespace: string | null, name: string): Table | undefined {
    return (this.#lookups.find(side, namespace, name) ?? this.#patternRoot(side, namespace, name))?.table;
  }

  /** Whether the root field is offered. Lookups by unique keys need no primary key. */
  #isOffered({ table, kind, key }: RootEntry): boolean {
    const byKey = kind === 'select_by_pk' && key !== null && key !== table.primaryKey;
    return byKey
      ? this.#tables.includes(table) && offersLookup(table, key)
      : this.#tables.hasRoot(table, kind);
  }

  #patternRoot(side: RootSide, namespace: string | null, name: string): RootEntry | undefined {
    const found = this.#directory(side, namespace).find(name);
    if (found === undefined) return undefined;
    return { table: found.owner, kind: found.kind, key: keyOf(found.owner, found.kind) };
  }

  #directory(side: RootSide, namespace: string | null): Directory<Table, RootFieldKind> {
    const id = `${side} ${namespace ?? ''}`;
    let directory = this.#directories.get(id);
    if (directory === undefined) {
      directory = new Directory(
        (table, kind) => this.#tables.hasRoot(table, kind) && this.#lookups.custom(table, kind) === undefined,
      );
      this.#directories.set(id, directory);
    }
    return directory;
  }
}

function keyOf(table: Table, kind: RootFieldKind): Key | null {
  return rootPatterns[kind].ending === 'by_pk' ? table.primaryKey : null;
}

/** Whether `one` got its name after `other`. */
function isNewer(one: Table, other: Table): boolean {
  return one.keptName === null && one.customName === null && other.keptName !== null;
}
