import { type Column, scalars, type Table, type ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { maskOf, type Param, type ValueCodec } from '../../plan/index.ts';
import type { Dialect, JsonBuilding } from '../dialect.ts';
import { type Sql, sql } from '../sql.ts';
import { compileWhere } from './where.ts';

/** What compiling one statement needs: the spelling, and fresh aliases. */
export class Scope {
  readonly dialect: Dialect;
  readonly #changed: Table | null;
  #aliases = 0;
  #offset = false;

  /** `changed`: the table that the statement changes. */
  constructor(dialect: Dialect, changed: Table | null = null) {
    this.dialect = dialect;
    this.#changed = changed;
  }

  /** How rows are nested as JSON: asked for only where the engine nests. */
  get json(): JsonBuilding {
    const { json, engine } = this.dialect;
    if (json === undefined) throw new FozError('unexpected', `The dialect of ${engine} builds no JSON.`);
    return json;
  }

  /** JSON of nested rows as text for the wire. */
  jsonText(json: Sql): Sql {
    return this.json.text?.(json) ?? json;
  }

  /** The table as a sub-select of a condition reads it. A view may read the table that is changed. */
  rows(table: Table): Sql {
    const { rowsBesideWrite, table: plain } = this.dialect;
    const apart = this.#changed !== null && (table.id === this.#changed.id || table.kind.endsWith('view'));
    return apart && rowsBesideWrite !== undefined ? rowsBesideWrite(table) : plain(table);
  }

  /** A new table alias: `t0`, `t1`, ... */
  alias(): Sql {
    return this.dialect.name(`t${this.#aliases++}`);
  }

  /** Compiles conditions of a select that has an OFFSET, or has none. */
  before<T>(offset: boolean, body: () => T): T {
    const outside = this.#offset;
    this.#offset = offset;
    try {
      return body();
    } finally {
      this.#offset = outside;
    }
  }

  /** What ends the sub-select of EXISTS at this place. */
  get existsTail(): Sql {
    return (this.#offset ? this.dialect.existsBeforeOffset : undefined) ?? sql.empty;
  }

  /** `alias.column`; of a masked column NULL in the rows where the role does not see it. */
  column(alias: Sql, column: Column): Sql {
    const plain = sql`${alias}.${this.dialect.name(column.name)}`;
    return this.#masked(alias, column, plain);
  }

  /** As `column`, in a form in which values are equal if they are shown alike. */
  shown(alias: Sql, column: Column): Sql {
    const plain = sql`${alias}.${this.dialect.name(column.name)}`;
    return this.#masked(alias, column, this.dialect.shownAs?.(plain, column.type) ?? plain);
  }

  /** As `column`, to be sorted and ranged by. */
  ordered(alias: Sql, column: Column): Sql {
    const plain = sql`${alias}.${this.dialect.name(column.name)}`;
    const shown = this.dialect.shownAs?.(plain, column.type) ?? null;
    if (shown !== null) return this.#masked(alias, column, shown);
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

  /** A column equals a key of a table of keys, or an element of its parameter, by the comparison of the parameter. */
  keyEquals(alias: Sql, column: Column, keys: Param, key: Sql): Sql {
    const own = this.column(alias, column);
    const { compare } = keys;
    return compare === undefined
      ? sql`${own} = ${key}`
      : this.dialect.keyEquals(own, column.type, key, compare);
  }

  /** One element of a parameter of shape `keys`: NULL beyond its end, so that padding matches nothing. */
  keyElement(keys: Param, tuple: number, column: number): Sql {
    const type = keys.keyTypes?.[column];
    if (type === undefined) throw new FozError('unexpected', `key ${column} of ${keys.path} has no type`);
    return sql.bind(keys, (value) => {
      const element = (value as readonly (readonly unknown[])[])[tuple]?.[column];
      return element === undefined || element === null ? null : this.dialect.encode(element, type);
    });
  }
}

/** The select list of a statement under construction: equal expressions share a column. */
export class SelectList {
  readonly columns: Sql[] = [];
  readonly #seen = new Map<string, number>();

  /** Index of the expression; `identity` tells equal ones apart from others (alias and column, say). */
  add(expression: Sql, identity?: string): number {
    const known = identity === undefined ? undefined : this.#seen.get(identity);
    if (known !== undefined) return known;
    this.columns.push(expression);
    if (identity !== undefined) this.#seen.set(identity, this.columns.length - 1);
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
