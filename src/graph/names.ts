import type {
  CatalogIssue,
  Column,
  EnumType,
  Naming,
  Relationship,
  Source,
  Table,
} from '../catalog/index.ts';
import { EnumNames } from './names/enums.ts';
import { aggregateField, type Members, nameMembers } from './names/members.ts';
import { NodeNames, nodeRootName } from './names/node.ts';
import { type NameOptions, TableNames } from './names/tables.ts';

/**
 * All names of a graph. The rules are documented in the files of `names/`: spelling of identifiers (identifier.ts),
 * the two conventions (conventions.ts), customization (style.ts), precedence where two tables want the same name
 * (clashes.ts), columns and relationships (members.ts), global ids (node.ts), native enums (enums.ts), types that
 * belong to no table (shared.ts).
 */
export class Names {
  /** Root fields and types of tables. */
  readonly tables: TableNames;
  /** Global ids of rows. */
  readonly node: NodeNames;
  readonly #sources: readonly Source[];
  readonly #members = new Map<Table, Members>();
  #enums: EnumNames | undefined;
  #hasNodes: boolean | undefined;

  constructor(sources: readonly Source[], options: NameOptions) {
    this.#sources = sources;
    this.tables = new TableNames(sources, options);
    this.node = new NodeNames(sources, (table) => this.members(table));
  }

  naming(table: Table): Naming {
    return table.source.naming;
  }

  /** Relationships of a table whose target is in the graph. */
  relationships(table: Table): readonly Relationship[] {
    return table.relationships.filter(({ to }) => this.tables.includes(to));
  }

  members(table: Table): Members {
    let members = this.#members.get(table);
    if (members === undefined) {
      members = nameMembers(table, table.source.naming, this.relationships(table));
      this.#members.set(table, members);
    }
    return members;
  }

  column(table: Table, column: Column): string {
    return this.members(table).columns.get(column)!;
  }

  relationship(table: Table, relationship: Relationship): string {
    return this.members(table).relationships.get(relationship)!;
  }

  /** The name of the aggregate field beside an array relationship. */
  relationshipAggregate(table: Table, relationship: Relationship): string {
    return aggregateField(table.source.naming, this.relationship(table, relationship));
  }

  /** Names of native enums. They must differ from the names of all tables, so they are computed on first use. */
  get enums(): EnumNames {
    this.#enums ??= new EnumNames(
      this.#sources,
      (source) => this.tables.styleOf(source),
      (name) => this.tables.findType(name) !== undefined,
    );
    return this.#enums;
  }

  /** Whether any row of the graph has a global id. */
  get hasNodes(): boolean {
    this.#hasNodes ??= this.tables.tables.some((table) => this.node.key(table) !== null);
    return this.#hasNodes;
  }

  /** Whether there is a root field that finds rows by global id. There is none where its name is taken. */
  get hasNodeRoot(): boolean {
    return this.hasNodes && this.#nodeRootHolder() === undefined;
  }

  #nodeRootHolder(): string | undefined {
    if (this.tables.namespaces.includes(nodeRootName)) return 'a namespace of root fields';
    return this.tables.findRoot('query', null, nodeRootName)?.table.id;
  }

  #nodeIssues(): CatalogIssue[] {
    const holder = this.hasNodes ? this.#nodeRootHolder() : undefined;
    const reason = `The root field "${nodeRootName}" belongs to ${holder}, so rows cannot be asked for by their global ids. Give that another name.`;
    const root = holder === undefined ? [] : [{ severity: 'note', where: holder, reason } as const];
    return [...root, ...this.node.issues(this.tables.tables)];
  }

  enumNaming(type: EnumType): Naming {
    return this.enums.naming(type);
  }

  enumName(type: EnumType): string {
    return this.enums.name(type);
  }

  /** Everything that did not get the name it wanted, in the whole graph. This names the members of every table. */
  issues(): CatalogIssue[] {
    const members = this.tables.tables.flatMap((table) => this.members(table).issues);
    const found = [...this.tables.issues, ...this.enums.issues, ...members, ...this.#nodeIssues()];
    return found.map((issue) => ({ ...issue, topic: 'names' }));
  }
}
