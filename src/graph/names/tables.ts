import type { CatalogIssue, Key, RootFieldKind, Source, Table } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import { allowsRoot, offersLookup, offersRoot } from '../column-support.ts';
import {
  type ClashResolution,
  clashesIn,
  type NameClash,
  namespaceOf,
  resolveClashes,
  yieldingOf,
} from './clashes.ts';
import { type Operation, rootKinds, rootPatterns, type TypeKind, typeKinds } from './conventions.ts';
import { Directory } from './directory.ts';
import { holderOf } from './holder.ts';
import { spellName, takeName } from './identifier.ts';
import { noLookup, refusedRoot, reservedName, takenName } from './issues.ts';
import { lookupKeys, lookupName } from './lookup-names.ts';
import { Lookups } from './lookups.ts';
import { comparePrecedence } from './precedence.ts';
import { bothNames, type ReservedName, reservedNames } from './reserved.ts';
import { isReservedType, renamed } from './shared.ts';
import {
  baseName,
  rootEndingOf,
  rootWord,
  type Style,
  stylesOf,
  typeStem,
  wantedName,
  wordsBefore,
} from './style.ts';

/** A root field. `key`: the key of a lookup, else `null`. */
export interface RootEntry {
  readonly table: Table;
  readonly kind: RootFieldKind;
  readonly key: Key | null;
}

export interface NameOptions {
  readonly subscriptions: boolean;
  readonly reserved: readonly ReservedName[];
  /** Whether a table has a kind of type, judging by its own facts and its engine. */
  readonly offersType: (table: Table, kind: TypeKind) => boolean;
}

type Side = 'read' | 'write';
const sideOf = (operation: Operation): Side => (operation === 'mutation' ? 'write' : 'read');

/** Most rounds of resolving clashes. Each table that gets another name leads to a new round, and the bound prevents an endless loop. */
const mostRounds = 100;

/** Names of root fields and of the types of tables. A table whose name is taken gets a longer one, `<source>_<table>`. */
export class TableNames {
  /** The tables of the graph in the order of the catalog. Tables without columns are not among them. */
  readonly tables: readonly Table[];
  readonly namespaces: readonly string[];
  readonly #styles: ReadonlyMap<SourceName, Style>;
  readonly #resolution: ClashResolution = {
    moved: new Set(),
    longer: new Map(),
    without: { connection: new Set(), changes: new Set() },
    refused: [],
    issues: [],
  };
  readonly #options: NameOptions;
  readonly #reserved: ReadonlyMap<string, ReservedName>;
  readonly #styleIssues: readonly CatalogIssue[];
  readonly #withoutColumns: readonly CatalogIssue[];
  /** Issues of the last round. */
  #issues: CatalogIssue[] = [];
  #types!: Directory<Table, TypeKind>;
  readonly #typeStems = new Map<Table, string>();
  readonly #roots = new Map<string, Directory<Table, RootFieldKind>>();
  #lookups!: Lookups;

  constructor(sources: readonly Source[], options: NameOptions) {
    const { styles, issues } = stylesOf(sources);
    this.#styles = styles;
    this.#styleIssues = issues;
    this.#options = options;
    this.#reserved = reservedNames(options.reserved, styles);
    this.namespaces = [...new Set([...styles.values()].flatMap((style) => style.namespace ?? []))];
    const all = sources.flatMap((source) => source.tables);
    const isEmpty = ({ columns, access }: Table) => columns.length === 0 && access === null;
    this.#withoutColumns = all.filter(isEmpty).map(withoutColumns);
    this.tables = all.filter((table) => !isEmpty(table));
    for (let round = 0; round < mostRounds; round++) {
      if (!resolveClashes(this.#enter(), this.#resolution)) break;
      this.#giveLongerNames();
    }
  }

  /** Tables and fields that did not get the name they wanted, or no name at all. */
  get issues(): CatalogIssue[] {
    const { issues, refused } = this.#resolution;
    return [
      ...this.#styleIssues,
      ...this.#withoutColumns,
      ...this.#issues,
      ...this.tables.flatMap((table) => this.#takenName(table) ?? []),
      ...refused.map(refusedRoot),
      ...issues,
    ];
  }

  #takenName(table: Table): CatalogIssue | null {
    const name = this.base(table);
    const wanted = wantedName(table);
    return name === wanted
      ? null
      : takenName(table, wanted, name, holderOf(this, table, wanted, this.#reserved));
  }

  /** Tables that got a longer name. The graphs of roles must use the same names. */
  get longer(): ReadonlyMap<Table, string> {
    return this.#resolution.longer;
  }

  /** The name of a table in its fields and types. */
  base(table: Table): string {
    return this.#resolution.longer.get(table) ?? baseName(table);
  }

  styleOf(source: Source): Style {
    return this.#styles.get(source.name)!;
  }

  /** The convention and customization that a table's names follow. */
  style(table: Table): Style {
    return this.styleOf(table.source);
  }

  includes(table: Table): boolean {
    return this.#typeStems.has(table);
  }

  /** Tables of the sources with this namespace (`null`: none). Their root fields share one type. */
  tablesIn(namespace: string | null): Table[] {
    return this.tables.filter((table) => this.style(table).namespace === namespace);
  }

  /** Whether the table has this kind of root field in the graph. */
  hasRoot(table: Table, kind: RootFieldKind): boolean {
    if (this.#hasYielded(table, kind)) return false;
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
    const word = rootWord(style, verb, table, this.base(table));
    return wordsBefore(style, verb) + word + rootEndingOf(style, kind);
  }

  /** All root fields of a table for an operation, with their names. */
  rootsOf(table: Table, operation: Operation): (RootEntry & { readonly name: string })[] {
    const fields = rootKinds
      .filter((kind) => (rootPatterns[kind].operations as readonly string[]).includes(operation))
      .filter((kind) => this.hasRoot(table, kind) && allowsRoot(table, kind, operation))
      .map((kind) => ({ table, kind, key: keyOf(table, kind), name: this.rootName(table, kind) }));
    if (operation === 'mutation' || !allowsRoot(table, 'select_by_pk', operation)) return fields;
    return [...fields, ...this.#lookups.keysOf(table)];
  }

  findRoot(operation: Operation, namespace: string | null, name: string): RootEntry | undefined {
    const side = sideOf(operation);
    const found = [this.#lookups.find(side, namespace, name), this.#patternRoot(side, namespace, name)];
    return found.find((entry) => {
      if (entry === undefined || !this.#isOffered(entry)) return false;
      if (!allowsRoot(entry.table, entry.kind, operation)) return false;
      return (rootPatterns[entry.kind].operations as readonly Operation[]).includes(operation);
    });
  }

  /** The table that a root field reads or writes. */
  holder(side: Side, namespace: string | null, name: string): Table | undefined {
    return (this.#lookups.find(side, namespace, name) ?? this.#patternRoot(side, namespace, name))?.table;
  }

  /** Whether the root field is offered. Lookups by unique keys need no primary key. */
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

  /** Enters the names of all tables anew. Returns the clashes between them. */
  #enter(): NameClash[] {
    this.#issues = [];
    this.#types = new Directory((table, kind) => this.hasType(table, kind));
    this.#roots.clear();
    this.#lookups = new Lookups(this.#issues, this.#resolution.refused);
    for (const table of this.tables) this.#enterTable(table);
    const clashes = [
      ...this.#customNames(this.tables),
      ...[...this.#roots.values()].flatMap((directory) => clashesIn('root field', directory)),
      ...clashesIn('type', this.#types),
    ];
    if (clashes.length > 0) return clashes;
    const namespaces = this.#namespaceClashes();
    if (namespaces.length > 0) return namespaces;
    const reserved = this.#reservedClashes();
    if (reserved.length > 0) return reserved;
    return this.tables.flatMap((table) => this.#nameKeys(table));
  }

  #enterTable(table: Table): void {
    const style = this.style(table);
    const base = this.base(table);
    const stem = this.#freeStem(style, table, base);
    this.#typeStems.set(table, stem);
    this.#types.add(stem, style.typeEndings, table);
    for (const { side, verb, endings } of style.rootLists) {
      const word = rootWord(style, verb ?? 'any', table, base);
      const text = verb === null ? word : wordsBefore(style, verb) + word;
      this.#directory(side, style.namespace).add(text, endings, table);
    }
  }

  /** Gives the tables that must move longer names: `shop_orders`, then `shop_orders_2`, ... */
  #giveLongerNames(): void {
    const { moved, longer } = this.#resolution;
    const given = new Set(longer.values());
    for (const table of [...moved].sort(comparePrecedence)) {
      const plain = `${spellName(table.source.name)}_${baseName(table)}`;
      longer.set(table, takeName(plain, given));
    }
    moved.clear();
  }

  #freeStem(style: Style, table: Table, base: string): string {
    const stem = typeStem(style, table, base);
    const row = stem + style.type.suffix;
    if (!isReservedType(row) && !this.#isNamespaceType(row)) return stem;
    const other = renamed(style.naming, stem, 'table');
    this.#issues.push(reservedName(table, row, other + style.type.suffix));
    return other;
  }

  #isNamespaceType(name: string): boolean {
    if (this.namespaces.length === 0) return false;
    const ending = /_(query|mutation|subscription)$/.exec(name);
    return ending !== null && this.namespaces.includes(name.slice(0, ending.index));
  }

  /** Whether the table has this kind of type in the graph. */
  hasType(table: Table, kind: TypeKind): boolean {
    return !this.#hasYielded(table, kind) && this.#options.offersType(table, kind);
  }

  #hasYielded(table: Table, kind: RootFieldKind | TypeKind): boolean {
    const group = yieldingOf(kind);
    return group !== undefined && this.#resolution.without[group].has(table);
  }

  /** Enters `custom_root_fields`. Names that are taken are clashes. */
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
          one: { owner: table, kind, custom: true },
          other: { owner: other.table, kind: other.kind, custom: holder !== undefined },
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
        const custom = this.#lookups.custom(found.table, found.kind) !== undefined;
        return [
          { what: 'root field', name, one: { owner: found.table, kind: found.kind, custom }, other: null },
        ];
      }),
    );
  }

  /** The clashes of new tables with names that are reserved for absent tables. */
  #reservedClashes(): NameClash[] {
    const { longer } = this.#resolution;
    const reserved = this.#reserved;
    if (reserved.size === 0) return [];
    return this.tables.flatMap((table): NameClash[] => {
      if (table.keptName !== null || table.customName !== null || longer.has(table)) return [];
      const spelled = bothNames(this.style(table), table, this.base(table));
      if (!spelled.some((name) => reserved.has(name))) return [];
      const one = { owner: table, kind: 'select' as const };
      return [{ what: 'root field', name: this.rootName(table, 'select'), one, other: null }];
    });
  }

  /**
   * Names a lookup `orders_by_number` for every unique key besides the primary one. Where the name is taken, the lookup is left out. It
   * is a clash instead where the table of the key is older than the holder of the name.
   */
  #nameKeys(table: Table): NameClash[] {
    const style = this.style(table);
    return lookupKeys(table).flatMap((key): NameClash[] => {
      const name = lookupName(style, table, this.base(table), key);
      const entry = { table, kind: 'select_by_pk' as const, key };
      const { namespace } = style;
      const found = this.#patternRoot('read', namespace, name);
      if (found !== undefined && isNewer(found.table, table)) {
        const one = { owner: found.table, kind: found.kind };
        return [{ what: 'root field', name, one, other: { owner: table, kind: 'select_by_pk' } }];
      }
      const holder =
        found?.table.id ??
        (namespace === null && this.namespaces.includes(name) ? namespaceOf : undefined) ??
        this.#lookups.claim('read', namespace, name, entry)?.table.id;
      if (holder === undefined) this.#lookups.addKey(table, { ...entry, name });
      else if (holder !== table.id) this.#issues.push(noLookup(table, key, name, holder));
      return [];
    });
  }
}

const kindIndex = new Map(typeKinds.map((kind, index) => [kind, index]));

function keyOf(table: Table, kind: RootFieldKind): Key | null {
  return rootPatterns[kind].ending === 'by_pk' ? table.primaryKey : null;
}

function withoutColumns(table: Table): CatalogIssue {
  const reason = 'It has no column that can be read, so it is left out of the graph.';
  return { severity: 'error', where: table.id, reason };
}

/** Whether `one` got its name after `other`. */
function isNewer(one: Table, other: Table): boolean {
  return one.keptName === null && one.customName === null && other.keptName !== null;
}
