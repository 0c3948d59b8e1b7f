import type { CatalogIssue, EnumType } from './catalog.ts';
import type { ColumnFacts, EnumTableFacts, SourceFacts, TableFacts } from './facts.ts';
import type { TableMetadata } from './metadata.ts';

/** A GraphQL name (specification, section 2.1.9) that can be an enum value. */
const valueName = /^(?!__)(?!(?:true|false|null)$)[_A-Za-z][_0-9A-Za-z]*$/;

/** Most rows that an enum table may have. */
export const mostEnumRows = 1_000;

/** A table of a source, with its metadata. */
export interface TableEntry {
  readonly facts: TableFacts;
  readonly metadata: TableMetadata | undefined;
}

/**
 * Why the columns of a table do not allow it to be an enum; `null`: they do. The rule is Hasura's: one text column
 * as primary key, which holds the values, and at most one more text column, which describes them.
 */
export function enumShapeProblem({ columns, primaryKey }: TableFacts): string | null {
  if (primaryKey?.columns.length !== 1) return 'needs a primary key of one column, which holds the values';
  if (columns.length > 2)
    return 'has more columns than the one of the values and the one that describes them';
  const other = columns.find((column) => column.scalar !== 'text' || column.array);
  return other === undefined ? null : `has the column ${other.name}, which is no text`;
}

/** The column of the values, and the one of the descriptions, if any. Only for tables without `enumShapeProblem`. */
export function enumColumns({ columns, primaryKey }: TableFacts) {
  const [name] = primaryKey!.columns;
  return {
    value: columns.find((column) => column.name === name)!,
    description: columns.find((column) => column.name !== name) ?? null,
  };
}

/** The enum tables of a source. The type of a column with a foreign key to one of them is an enum of its rows. */
export class EnumTables {
  readonly #types = new Map<string, { readonly type: EnumType; readonly key: string }>();

  /** A table that cannot be an enum stays an ordinary table, and is reported in `issues`. */
  constructor(
    source: string,
    { enumTables = [] }: SourceFacts,
    entries: readonly TableEntry[],
    issues: CatalogIssue[],
  ) {
    const rows = new Map(enumTables.map((table) => [keyOf(table.namespace, table.table), table]));
    for (const { facts, metadata } of entries) {
      if (metadata?.is_enum !== true) continue;
      const key = keyOf(facts.namespace, facts.name);
      const problem = enumShapeProblem(facts) ?? rowsProblem(rows.get(key));
      if (problem === null) {
        const type = typeOf(facts, metadata, rows.get(key)!);
        this.#types.set(key, { type, key: facts.primaryKey!.columns[0]! });
      } else
        issues.push({
          severity: 'error',
          where: [source, facts.namespace, facts.name].filter((part) => part !== null).join('.'),
          reason: `the table cannot be an enum (is_enum): it ${problem}; columns that refer to it stay texts`,
        });
    }
  }

  get types(): readonly EnumType[] {
    return [...this.#types.values()].map(({ type }) => type);
  }

  /** The enum type of a column that refers to an enum table; `null`: it refers to none. */
  typeOf({ foreignKeys }: TableFacts, column: ColumnFacts): EnumType | null {
    if (column.scalar !== 'text' || column.array) return null;
    for (const { columns, toNamespace, toTable, toColumns } of foreignKeys) {
      if (columns.length !== 1 || columns[0] !== column.name) continue;
      const found = this.#types.get(keyOf(toNamespace, toTable));
      if (found !== undefined && found.key === toColumns[0]) return found.type;
    }
    return null;
  }
}

function rowsProblem(table: EnumTableFacts | undefined): string | null {
  if (table === undefined) return 'was not read yet: read its source again';
  if (table.values === null) return `has more than ${mostEnumRows} rows`;
  if (table.values.length === 0) return 'has no rows, and an enum needs one value at least';
  const wrong = table.values.filter(({ value }) => !valueName.test(value));
  if (wrong.length === 0) return null;
  const shown = wrong.slice(0, 5).map(({ value }) => JSON.stringify(value));
  const more = wrong.length > shown.length ? ` and ${wrong.length - shown.length} more` : '';
  return `holds ${shown.join(', ')}${more}, which cannot be values of GraphQL: use letters, digits and _`;
}

function typeOf(facts: TableFacts, metadata: TableMetadata, { values }: EnumTableFacts): EnumType {
  const { custom_name: customName, comment } = metadata.configuration ?? {};
  return {
    name: `${customName ?? facts.name}_enum`,
    namespace: customName === undefined ? facts.namespace : null,
    values: values!,
    comment: comment ?? facts.comment,
    ofTable: true,
  };
}

function keyOf(namespace: string | null, name: string): string {
  return JSON.stringify([namespace, name]);
}
