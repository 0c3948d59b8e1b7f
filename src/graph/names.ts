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
import { type NameOptions, TableNames } from './names/tables.ts';

/**
 * Every name of a graph. The rules stand beside the functions in `names/`: spelling of identifiers (identifier.ts), the
 * two conventions (conventions.ts), customization (style.ts), who gives way where two would share a name (clashes.ts),
 * columns and relationships (members.ts), native enums (enums.ts), types of no table (shared.ts).
 */
export class Names {
  /** Root fields and types of tables. */
  readonly tables: TableNames;
  readonly #sources: readonly Source[];
  readonly #members = new Map<Table, Members>();
  #enums: EnumNames | undefined;

  constructor(sources: readonly Source[], options: NameOptions) {
    this.#sources = sources;
    this.tables = new TableNames(sources, options);
  }

  naming(table: Table): Naming {
    return table.source.naming;
  }

  /** Relationships of a table whose other end is in the graph. */
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

  /** The aggregate beside an array relationship. */
  relationshipAggregate(table: Table, relationship: Relationship): string {
    return aggregateField(table.source.naming, this.relationship(table, relationship));
  }

  /** Names of native enums; they are told apart from all tables, so they are made when the first one is needed. */
  get enums(): EnumNames {
    this.#enums ??= new EnumNames(
      this.#sources,
      (source) => this.tables.styleOf(source),
      (name) => this.tables.findType(name) !== undefined,
    );
    return this.#enums;
  }

  enumName(type: EnumType): string {
    return this.enums.name(type);
  }

  /** What could not have the name it asked for, in the whole graph. Names the members of every table. */
  issues(): CatalogIssue[] {
    const members = this.tables.tables.flatMap((table) => this.members(table).issues);
    return [...this.tables.issues, ...this.enums.issues, ...members];
  }
}
