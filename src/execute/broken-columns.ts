import type { Column, Table } from '../catalog/index.ts';
import { FozError, type SourceName } from '../core/index.ts';
import { concealed, type VisibleNames } from './conceal.ts';
import { failedSource } from './fetch.ts';

type Sources = ReadonlyMap<SourceName, { readonly tables: readonly Table[] }>;

/** The name of a column in the graph. */
export type ColumnName = (table: Table, column: Column) => string;

/** Adds to errors the columns that a broken constraint is about, so that a client finds the fields of its form. */
export class BrokenColumns {
  readonly #sources: Sources;
  readonly #nameOf: ColumnName;

  constructor(sources: Sources, nameOf: ColumnName) {
    this.#sources = sources;
    this.#nameOf = nameOf;
  }

  /** The error as its caller may see it, with the columns as the graph calls them. */
  shown(error: FozError, sees: VisibleNames | undefined): FozError {
    const source = failedSource(error);
    return this.#named(concealed(this.#found(error, source), sees), source);
  }

  /**
   * The error with `columns`, by their names in the database. It has none where the constraint is not known, or where a row was
   * to be deleted: that constraint belongs to another table.
   */
  #found(error: FozError, source: SourceName | undefined): FozError {
    if (error.code !== 'constraint-violation' || error.details === undefined) return error;
    const { column, columns = column === undefined ? undefined : [column], ...details } = error.details;
    if (!isWrite(error)) return withDetails(error, details);
    if (columns !== undefined) return withDetails(error, { ...error.details, columns });
    const found = this.#constraint(details, source);
    return found === null ? error : withDetails(error, { ...error.details, ...found });
  }

  /** The error with `columns` as the graph calls them; without, where one of them is hidden. */
  #named(error: FozError, source: SourceName | undefined): FozError {
    const { columns, ...details } = error.details ?? {};
    if (error.code !== 'constraint-violation' || !Array.isArray(columns)) return error;
    const [table] = this.#tables(details, source);
    const whole = table?.access?.whole ?? table;
    const names = columns.map((name) => {
      const column = whole?.column.get(name);
      return column === undefined ? undefined : this.#nameOf(table!, column);
    });
    return withDetails(error, names.includes(undefined) ? details : { ...details, columns: names });
  }

  /** A constraint by its name; also without its table, where only one table has such a constraint. */
  #constraint(
    details: Details,
    source: SourceName | undefined,
  ): { readonly table: string; readonly columns: readonly string[] } | null {
    const { constraint } = details;
    if (typeof constraint !== 'string') return null;
    const found = this.#tables(details, source).flatMap(({ name, access, constraints }) => {
      const columns = (access?.whole.constraints ?? constraints).get(constraint);
      return columns === undefined || columns.length === 0 ? [] : [{ table: name, columns }];
    });
    return found.length === 1 ? found[0]! : null;
  }

  #tables({ table, namespace }: Details, source: SourceName | undefined): Table[] {
    const all = source === undefined ? [...this.#sources.values()] : [this.#sources.get(source)];
    return all.flatMap((one) =>
      one === undefined
        ? []
        : one.tables.filter(
            (found) =>
              (table === undefined || found.name === table) &&
              (namespace === undefined || found.namespace === namespace),
          ),
    );
  }
}

type Details = NonNullable<FozError['details']>;

/** Whether the error is placed at given values. A delete has none. */
function isWrite({ path = '' }: FozError): boolean {
  return path.includes('.args');
}

function withDetails(error: FozError, details: Details): FozError {
  const { code, message, path, responsePath, internal } = error;
  return new FozError(code, message, { path, responsePath, details, internal, cause: error });
}
