import type { CatalogIssue, Key, RootFieldKind, Source, Table } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import { offersLookup, offersRoot } from '../offers.ts';
import { clashesIn, type NameClash, type Settlement, settle } from './clashes.ts';
import {
  joinNames,
  type Operation,
  rootKinds,
  rootPatterns,
  type TypeKind,
  typeKinds,
} from './conventions.ts';
import { Directory } from './directory.ts';
import { camelCase, isLegal, spellExact, spellName } from './identifier.ts';
import { Lookups } from './lookups.ts';
import { isReservedType, renamed } from './shared.ts';
import { baseName, rootEndingOf, rootWord, type Style, stylesOf, typeStem, wordsBefore } from './style.ts';

/** What a root field stands for. `key`: the one that is looked up, for fields by key. */
export interface RootEntry {
  readonly table: Table;
  readonly kind: RootFieldKind;
  readonly key: Key | null;
}

export interface NameOptions {
  readonly subscriptions: boolean;
  /** Whether a table has a kind of type, as far as its own facts and its engine go. */
  readonly offersType: (table: Table, kind: TypeKind) => boolean;
}

type Side = 'read' | 'write';
const sideOf = (operation: Operation): Side => (operation === 'mutation' ? 'write' : 'read');

/** Names of root fields and of the types of tables, and the tables that these names leave room for. */
export class TableNames {
  /** In the order of the catalog, without those that had to give way. */
  readonly tables: readonly Table[];
  readonly namespaces: readonly string[];
  readonly issues: CatalogIssue[];
  readonly #styles: ReadonlyMap<SourceName, Style>;
  readonly #settlement: Settlement;
  readonly #options: NameOptions;
  readonly #types: Directory<Table, TypeKind>;
  readonly #typeStems = new Map<Table, string>();
  readonly #roots = new Map<string, Directory<Table, RootFieldKind>>();
  readonly #lookups: Lookups;

  constructor(sources: readonly Source[], options: NameOptions) {
    const { styles, issues } = stylesOf(sources);
    this.#styles = styles;
    this.issues = issues;
    this.#options = options;
    this.#settlement = { out: new Set(), withoutConnection: new Set(), issues };
    this.#types = new Directory((table, kind) => this.hasType(table, kind));
    this.#lookups = new Lookups(issues);
    this.namespaces = [...new Set([...styles.values()].flatMap((style) => style.namespace ?? []))];
    const tables = sources.flatMap((source) => this.#named(source));
    const clashes = [
      ...this.#customNames(tables),
      ...[...this.#roots.values()].flatMap((directory) => clashesIn('root field', directory)),
      ...clashesIn('type', this.#types),
    ];
    settle(tables, clashes, this.#settlement);
    // One more table of the name may come to light when one is gone.
    for (let found = this.#namespaceClashes(); found.length > 0; found = this.#namespaceClashes()) {
      settle(tables, found, this.#settlement);
    }
    this.tables = tables.filter((table) => !this.#settlement.out.has(table));
    this.#lookups.release();
    this.#customNames(this.tables);
    for (const table of this.tables) this.#nameKeys(table);
  }

  styleOf(source: Source): Style {
    return this.#styles.get(source.name)!;
  }

  /** The convention and customization that a table's names follow. */
  style(table: Table): Style {
    return this.styleOf(table.source);
  }

  includes(table: Table): boolean {
    return this.#typeStems.has(table) && !this.#settlement.out.has(table);
  }

  /** Tables of a source with this namespace (`null`: none), whose fields stand side by side. */
  tablesIn(namespace: string | null): Table[] {
    return this.tables.filter((table) => this.style(table).namespace === namespace);
  }

  /** Whether the table has this kind of root field in the graph. */
  hasRoot(table: Table, kind: RootFieldKind): boolean {
    const { out, withoutConnection } = this.#settlement;
    if (out.has(table) || (kind === 'select_connection' && withoutConnection.has(table))) return false;
    return offersRoot(table, kind, this.#options.subscriptions);
  }

  typeName(table: Table, kind: TypeKind): string {
    return this.#typeStems.get(table)! + this.style(table).typeEndings[kindIndex.get(kind)!]!.text;
  }

  findType(name: string): { readonly table: Table; readonly kind: TypeKind } | undefined {
    const found = this.#types.find(name);
    return found === undefined ? undefined : { table: found.owner, kind: found.kind };
  }

  rootName(table: Table, kind: RootFieldKind): string {
    const custom = this.#lookups.custom(table, kind);
    if (custom !== undefined) return custom;
    const style = this.style(table);
    const { verb } = rootPatterns[kind];
    const word = rootWord(style, verb, table, baseName(table));
    return wordsBefore(style, verb) + word + rootEndingOf(style, kind);
  }

  /** Every root field of a table for an operation, with its name. */
  rootsOf(table: Table, operation: Operation): (RootEntry & { readonly name: string })[] {
    const fields = rootKinds
      .filter((kind) => (rootPatterns[kind].operations as readonly string[]).includes(operation))
      .filter((kind) => this.hasRoot(table, kind))
      .map((kind) => ({ table, kind, key: keyOf(table, kind), name: this.rootName(table, kind) }));
    return operation === 'mutation' ? fields : [...fields, ...this.#lookups.keysOf(table)];
  }

  findRoot(operation: Operation, namespace: string | null, name: string): RootEntry | undefined {
    const side = sideOf(operation);
    const found = [this.#lookups.find(side, namespace, name), this.#patternRoot(side, namespace, name)];
    return found.find((entry) => {
      if (entry === undefined || !this.#isOffered(entry)) return false;
      return (rootPatterns[entry.kind].operations as readonly Operation[]).includes(operation);
    });
  }

  /** Lookups by unique keys need no primary key. */
  #isOffered({ table, kind, key }: RootEntry): boolean {
    const byKey = kind === 'select_by_pk' && key !== null && key !== table.primaryKey;
    return byKey ? this.includes(table) && offersLookup(table, key) : this.hasRoot(table, kind);
  }

  #patternRoot(side: Side, namespace: string | null, name: string): RootEntry | undefined {
    const found = this.#directory(side, namespace).find(name);
    if (found === undefined) return undefined;
    return { table: found.owner, kind: found.kind, key: keyOf(found.owner, found.kind) };
  }

  #directory(side: Side, namespace: string | null): Directory<Table, RootFieldKind> {
    const id = `${side} ${namespace ?? ''}`;
    let directory = this.#roots.get(id);
    if (directory === undefined) {
      directory = new Directory(
        (table, kind) => this.hasRoot(table, kind) && this.#lookups.custom(table, kind) === undefined,
      );
      this.#roots.set(id, directory);
    }
    return directory;
  }

  /** Enters the names of a source's tables; a table without columns has nothing to select. */
  #named(source: Source): Table[] {
    const style = this.styleOf(source);
    const lists = style.rootLists.map((list) => ({
      ...list,
      directory: this.#directory(list.side, style.namespace),
    }));
    return source.tables.filter((table) => {
      if (table.columns.length === 0 && table.access === null) {
        const reason = 'It has no column that can be read, so it is left out of the graph.';
        this.issues.push({ severity: 'error', where: table.id, reason });
        return false;
      }
      const base = baseName(table);
      const stem = this.#freeStem(style, table, base);
      this.#typeStems.set(table, stem);
      this.#types.add(stem, style.typeEndings, table);
      for (const { directory, verb, endings } of lists) {
        const word = rootWord(style, verb ?? 'any', table, base);
        directory.add(verb === null ? word : wordsBefore(style, verb) + word, endings, table);
      }
      return true;
    });
  }

  #freeStem(style: Style, table: Table, base: string): string {
    const stem = typeStem(style, table, base);
    const row = stem + style.type.suffix;
    if (!isReservedType(row) && !this.#isNamespaceType(row)) return stem;
    const other = renamed(style.naming, stem, 'table');
    const reason = `The type "${row}" is Foz's own, so the types of ${table.id} start with "${other}".`;
    this.issues.push({ severity: 'note', where: table.id, reason });
    return other;
  }

  #isNamespaceType(name: string): boolean {
    if (this.namespaces.length === 0) return false;
    const ending = /_(query|mutation|subscription)$/.exec(name);
    return ending !== null && this.namespaces.includes(name.slice(0, ending.index));
  }

  /** Whether the table has this kind of type in the graph. */
  hasType(table: Table, kind: TypeKind): boolean {
    const { out, withoutConnection } = this.#settlement;
    if (out.has(table)) return false;
    if ((kind === 'connection' || kind === 'edge') && withoutConnection.has(table)) return false;
    return this.#options.offersType(table, kind);
  }

  /** Enters `custom_root_fields`; names that are somebody else's already are clashes. */
  #customNames(tables: readonly Table[]): NameClash[] {
    const clashes: NameClash[] = [];
    for (const table of tables) {
      for (const kind of this.#lookups.addCustom(table, rootKinds)) {
        const name = this.#lookups.custom(table, kind)!;
        const side: Side = rootPatterns[kind].verb === '' ? 'read' : 'write';
        const { namespace } = this.style(table);
        const holder = this.#lookups.claim(side, namespace, name, { table, kind, key: keyOf(table, kind) });
        const other = holder ?? this.#patternRoot(side, namespace, name);
        if (other === undefined || other.table === table) continue;
        clashes.push({
          what: 'root field',
          name,
          one: { owner: table, kind },
          other: { owner: other.table, kind: other.kind },
        });
      }
    }
    return clashes;
  }

  #namespaceClashes(): NameClash[] {
    return this.namespaces.flatMap((name) =>
      (['query', 'mutation'] as const).flatMap((operation): NameClash[] => {
        const found = this.findRoot(operation, null, name);
        if (found === undefined) return [];
        return [{ what: 'root field', name, one: { owner: found.table, kind: found.kind }, other: null }];
      }),
    );
  }

  /** `orders_by_number` for every unique key besides the primary one; a name that is taken leaves the field out. */
  #nameKeys(table: Table): void {
    for (const key of table.keys) {
      if (key.primary || sameColumns(table.primaryKey, key) || !offersLookup(table, key)) continue;
      const style = this.style(table);
      const custom = table.customRootFields[`select_by_${key.name}`];
      const name = custom !== undefined && isLegal(custom) ? custom : keyFieldName(style, table, key);
      const entry = { table, kind: 'select_by_pk' as const, key };
      const { namespace } = style;
      const holder =
        this.#patternRoot('read', namespace, name)?.table.id ??
        (namespace === null && this.namespaces.includes(name) ? 'a namespace of root fields' : undefined) ??
        this.#lookups.claim('read', namespace, name, entry)?.table.id;
      if (holder === undefined) this.#lookups.addKey(table, { ...entry, name });
      else if (holder !== table.id) this.issues.push(noLookup(table, key, name, holder));
    }
  }
}

const kindIndex = new Map(typeKinds.map((kind, index) => [kind, index]));

function keyOf(table: Table, kind: RootFieldKind): Key | null {
  return rootPatterns[kind].ending === 'by_pk' ? table.primaryKey : null;
}

/** `orders_by_shop_id_number`, `ordersByShopIdNumber` */
function keyFieldName(style: Style, table: Table, key: Key): string {
  const columns = key.columns.map(({ customName, name }) =>
    customName === null ? spellName(name) : customName,
  );
  const words = spellExact(['by', ...columns].join('_'));
  const ending = style.naming === 'hasura-default' ? words : camelCase(words);
  const before = wordsBefore(style, '') + rootWord(style, '', table, baseName(table));
  return joinNames(style.naming, before, ending) + style.root.suffix;
}

function sameColumns(one: Key | null, other: Key): boolean {
  return (
    one !== null &&
    one.columns.length === other.columns.length &&
    one.columns.every((column) => other.columns.includes(column))
  );
}

function noLookup(table: Table, key: Key, name: string, holder: string): CatalogIssue {
  const reason =
    `The root field "${name}" for the key ${key.name} belongs to ${holder}, so rows cannot be looked up by this key. ` +
    `Name it in custom_root_fields as select_by_${key.name}.`;
  return { severity: 'note', where: table.id, reason };
}
