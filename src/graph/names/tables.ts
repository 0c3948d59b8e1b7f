import type { CatalogIssue, RootFieldKind, Source, Table } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import { offersRoot } from '../column-support.ts';
import {
  type ClashResolution,
  clashesIn,
  type NameClash,
  resolveClashes,
  yieldingGroupOf,
} from './clashes.ts';
import { type Operation, type TypeKind, typeKinds } from './conventions.ts';
import { Directory } from './directory.ts';
import { holderOf } from './holder.ts';
import { spellName, takeName } from './identifier.ts';
import { refusedRoot, reservedName, takenName } from './issues.ts';
import type { RootEntry } from './lookups.ts';
import { comparePrecedence } from './precedence.ts';
import { bothNames, type ReservedName, reservedNames } from './reserved.ts';
import { RootNames, type RootSide } from './root-names.ts';
import { isReservedType, renamed } from './shared.ts';
import { baseName, type Style, stylesOf, typeStem, wantedName } from './style.ts';

export interface NameOptions {
  readonly subscriptions: boolean;
  readonly reserved: readonly ReservedName[];
  /** Whether a table has a kind of type, judging by its own facts and its engine. */
  readonly offersType: (table: Table, kind: TypeKind) => boolean;
}

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
  #roots!: RootNames;

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
    return this.#roots.nameOf(table, kind);
  }

  /** All root fields of a table for an operation, with their names. */
  rootsOf(table: Table, operation: Operation): (RootEntry & { readonly name: string })[] {
    return this.#roots.of(table, operation);
  }

  findRoot(operation: Operation, namespace: string | null, name: string): RootEntry | undefined {
    return this.#roots.find(operation, namespace, name);
  }

  /** The table that a root field reads or writes. */
  holder(side: RootSide, namespace: string | null, name: string): Table | undefined {
    return this.#roots.holder(side, namespace, name);
  }

  /** Enters the names of all tables anew. Returns the clashes between them. */
  #enter(): NameClash[] {
    this.#issues = [];
    this.#types = new Directory((table, kind) => this.hasType(table, kind));
    this.#roots = new RootNames(this, this.#issues, this.#resolution.refused);
    for (const table of this.tables) this.#enterTable(table);
    const clashes = [
      ...this.#roots.enterCustom(this.tables),
      ...this.#roots.clashes(),
      ...clashesIn('type', this.#types),
    ];
    if (clashes.length > 0) return clashes;
    const namespaces = this.#roots.namespaceClashes();
    if (namespaces.length > 0) return namespaces;
    const reserved = this.#reservedClashes();
    if (reserved.length > 0) return reserved;
    return this.tables.flatMap((table) => this.#roots.enterLookups(table));
  }

  #enterTable(table: Table): void {
    const style = this.style(table);
    const stem = this.#freeStem(style, table, this.base(table));
    this.#typeStems.set(table, stem);
    this.#types.add(stem, style.typeEndings, table);
    this.#roots.enter(table);
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
    const group = yieldingGroupOf(kind);
    return group !== undefined && this.#resolution.without[group].has(table);
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
}

const kindIndex = new Map(typeKinds.map((kind, index) => [kind, index]));

function withoutColumns(table: Table): CatalogIssue {
  const reason = 'It has no column that can be read, so it is left out of the graph.';
  return { severity: 'error', where: table.id, reason };
}
