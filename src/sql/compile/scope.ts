import { type Column, scalars, type Table, type ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { maskOf, type Param, type ValueCodec } from '../../plan/index.ts';
import type { Dialect, JsonBuilding } from '../dialect.ts';
import { type Sql, sql } from '../sql.ts';
import { compileWhere } from './where.ts';

/** The context of compiling one statement: the dialect, and fresh aliases. */
export class Scope {
  readonly dialect: Dialect;
  readonly #changed: Table | null;
  #aliases = 0;
  #offset = false;
  #images: Sql | null = null;
  readonly #computed = new Map<Sql, ComputedColumns>();

  /** `changed`: the table that the statement changes. */
  constructor(dialect: Dialect, changed: Table | null = null) {
    this.dialect = dialect;
    this.#changed = changed;
  }

  /** How the engine builds nested JSON. Used only for engines with `nesting: json`. */
  get json(): JsonBuilding {
    const { json, engine } = this.dialect;
    if (json === undefined) throw new FozError('unexpected', `The dialect of ${engine} builds no JSON.`);
    return json;
  }

  /** JSON of nested rows as text for the wire. */
  jsonText(json: Sql): Sql {
    return this.json.text?.(json) ?? json;
  }

  /** A table as the row source of a sub-select in a condition. A view may read the table that the statement changes. */
  rows(table: Table): Sql {
    const { rowsBesideWrite, table: plain } = this.dialect;
    const apart = this.#changed !== null && (table.id === this.#changed.id || table.kind.endsWith('view'));
    return apart && rowsBesideWrite !== undefined ? rowsBesideWrite(table) : plain(table);
  }

  /** A new table alias: `t0`, `t1`, ... */
  alias(): Sql {
    return this.dialect.name(`t${this.#aliases++}`);
  }

  /** Calls `body` to compile the conditions of a select. `offset`: the select has an OFFSET (see `existsTail`). */
  before<T>(offset: boolean, body: () => T): T {
    const outside = this.#offset;
    this.#offset = offset;
    try {
      return body();
    } finally {
      this.#offset = outside;
    }
  }

  /** A new alias for images of rows: see `Dialect.imageRows`. */
  imageAlias(): Sql {
    this.#images = this.alias();
    return this.#images;
  }

  /** The end of a sub-select of EXISTS at this place: see `Dialect.existsBeforeOffset`. */
  get existsTail(): Sql {
    return (this.#offset ? this.dialect.existsBeforeOffset : undefined) ?? sql.empty;
  }

  /** `alias.column`. A masked column is NULL in the rows where the role may not see it. */
  column(alias: Sql, column: Column): Sql {
    const plain = sql`${alias}.${this.dialect.name(column.name)}`;
    return this.#masked(alias, column, plain);
  }

  /** As `column`, in a form in which two values are equal if they have the same text in an answer. */
  shown(alias: Sql, column: Column, beside?: Column): Sql {
    const plain = sql`${alias}.${this.dialect.name(column.name)}`;
    return this.#masked(alias, column, this.dialect.shownAs?.(plain, column.type, beside?.type) ?? plain);
  }

  /** As `column`, for an aggregate. The row source must end with `computedFor(alias)`. */
  aggregated(alias: Sql, column: Column): Sql {
    return this.#apart(alias, column, 'plain', () => this.column(alias, column));
  }

  /** As `shown`, for an aggregate or a key of GROUP BY. The row source must end with `computedFor(alias)`. */
  aggregatedAsShown(alias: Sql, column: Column): Sql {
    return this.#apart(alias, column, 'shown', () => this.shown(alias, column));
  }

  #apart(alias: Sql, column: Column, form: string, compute: () => Sql): Sql {
    if (column.mask === null || this.dialect.queriesInAggregates !== false) return compute();
    const known = this.#computed.get(alias);
    const computed = known ?? { alias: this.alias(), columns: new Map<string, Sql>() };
    if (known === undefined) this.#computed.set(alias, computed);
    const name = this.dialect.name(`${form}_${column.name}`);
    const key = `${form}|${column.name}`;
    if (!computed.columns.has(key)) computed.columns.set(key, sql`${compute()} as ${name}`);
    return sql`${computed.alias}.${name}`;
  }

  /** The masked columns that aggregates over `alias` use, on engines that compute them beside the row (see `Dialect.queriesInAggregates`). */
  computedFor(alias: Sql): Sql {
    const computed = this.#computed.get(alias);
    if (computed === undefined) return sql.empty;
    return sql` cross apply (select ${sql.join([...computed.columns.values()])}) ${computed.alias}`;
  }

  /** As `column`, for sorting. */
  ordered(alias: Sql, column: Column): Sql {
    const plain = sql`${alias}.${this.dialect.name(column.name)}`;
    const shown = this.dialect.shownAs?.(plain, column.type) ?? null;
    return shown === null ? this.ranged(alias, column) : this.#masked(alias, column, shown);
  }

  /** As `column`, for range comparisons. */
  ranged(alias: Sql, column: Column): Sql {
    const plain = sql`${alias}.${this.dialect.name(column.name)}`;
    const { imagePlace } = this.dialect;
    if (alias === this.#images && imagePlace !== undefined)
      return this.#masked(alias, column, imagePlace(plain, column.type));
    if (column.mask === null) return plain;
    return this.#masked(alias, column, this.dialect.placeOf?.(plain, column.type) ?? plain);
  }

  #masked(alias: Sql, { mask }: Column, value: Sql): Sql {
    return mask === null
      ? value
      : sql`(case when ${compileWhere(this, maskOf(mask), alias)} then ${value} end)`;
  }

  /** How the wire value of a column of this statement becomes JSON. */
  codec(type: ValueType, numbers: 'string' | 'number'): ValueCodec {
    const text = this.dialect.textOf(type, numbers);
    if (type.array) return { text, form: 'bare', type };
    const { form } = scalars[type.scalar];
    return { text, form: form === 'digits' ? (numbers === 'number' ? 'bare' : 'quoted') : form, type };
  }

  /** Equality of a column and a key (of a table of keys, or an element of its parameter), by the comparison of the parameter. */
  keyEquals(alias: Sql, column: Column, keys: Param, key: Sql): Sql {
    const own = this.column(alias, column);
    const { compare } = keys;
    if (compare !== undefined) return this.dialect.keyEquals(own, column.type, key, compare);
    return this.dialect.ownKeyEquals?.(own, column.type, key) ?? sql`${own} = ${key}`;
  }

  /** One element of a parameter of shape `keys`. Beyond the end it is NULL, so that padding matches nothing. */
  keyElement(keys: Param, tuple: number, column: number): Sql {
    const type = keys.keyTypes?.[column];
    if (type === undefined) throw new FozError('unexpected', `key ${column} of ${keys.path} has no type`);
    return sql.bind(keys, (value) => {
      const element = (value as readonly (readonly unknown[])[])[tuple]?.[column];
      return element === undefined || element === null ? null : this.dialect.encode(element, type);
    });
  }
}

/** Columns that are computed beside the rows of an alias. */
interface ComputedColumns {
  readonly alias: Sql;
  readonly columns: Map<string, Sql>;
}

/** The select list of a statement under construction: equal expressions share a column. */
export class SelectList {
  readonly columns: Sql[] = [];
  readonly #positions = new Map<string, number>();

  /** Adds an expression and returns its index. Expressions with the same `identity` (such as alias and column) share a column. */
  add(expression: Sql, identity?: string): number {
    const known = identity === undefined ? undefined : this.#positions.get(identity);
    if (known !== undefined) return known;
    this.columns.push(expression);
    if (identity !== undefined) this.#positions.set(identity, this.columns.length - 1);
    return this.columns.length - 1;
  }

  /** `a as "c0", b as "c1"`; `1` for an empty list. */
  render(scope: Scope): Sql {
    if (this.columns.length === 0) return sql`1`;
    return sql.join(
      this.columns.map((column, index) => sql`${column} as ${scope.dialect.name(`c${index}`)}`),
    );
  }
}
