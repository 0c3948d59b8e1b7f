import type { Param, Slot } from '../plan/index.ts';

/** A placeholder, and the type that the statement casts it to, where it is known. */
export type BoundSlot = Slot & { readonly cast?: Sql };

type Piece = string | BoundSlot;

/**
 * A fragment of SQL. It cannot be made from a string: syntax comes from `sql` templates in Foz's own source, names go
 * through `sql.name`, values through `sql.bind`.
 */
export class Sql {
  readonly #pieces: readonly Piece[];
  constructor(guard: typeof made, pieces: readonly Piece[]) {
    if (guard !== made) throw new TypeError('Sql is made by the sql tag only');
    this.#pieces = pieces;
  }
  static pieces(fragment: Sql): readonly Piece[] {
    return fragment.#pieces;
  }
  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }
}
const made = Symbol('sql');

/** `` sql`select ${name} from ${table}` ``: only fragments may be interpolated. */
export function sql(strings: TemplateStringsArray, ...fragments: readonly Sql[]): Sql {
  const pieces: Piece[] = [];
  strings.forEach((text, index) => {
    push(pieces, text);
    const fragment = fragments[index];
    if (fragment !== undefined) for (const piece of Sql.pieces(fragment)) push(pieces, piece);
    else if (index < fragments.length) throw new TypeError('only Sql may stand in a sql template');
  });
  return new Sql(made, pieces);
}

function push(pieces: Piece[], piece: Piece): void {
  if (piece === '') return;
  const last = pieces.length - 1;
  if (typeof piece === 'string' && typeof pieces[last] === 'string') pieces[last] += piece;
  else pieces.push(piece);
}

/** No SQL at all. */
sql.empty = new Sql(made, []);

/** Fragments with a separator between them. */
sql.join = (fragments: readonly Sql[], separator: Sql = comma): Sql => {
  const pieces: Piece[] = [];
  fragments.forEach((fragment, index) => {
    if (index > 0) for (const piece of Sql.pieces(separator)) push(pieces, piece);
    for (const piece of Sql.pieces(fragment)) push(pieces, piece);
  });
  return new Sql(made, pieces);
};
const comma = sql`, `;

// The `name` of a function is read-only by default.
Object.defineProperty(sql, 'name', { writable: true });

/** A quoted name: the closing quote is doubled inside; a NUL is refused. */
sql.name = (text: string, open: '"' | '`' | '[', close: '"' | '`' | ']'): Sql => {
  if (text.includes('\0')) throw new TypeError('a name cannot hold NUL');
  return new Sql(made, [open + text.replaceAll(close, close + close) + close]);
};

/** A whole number, written into the text. */
sql.integer = (value: number | bigint): Sql => {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new TypeError(`not an integer: ${value}`);
  return new Sql(made, [String(value)]);
};

/** A response key, namely a GraphQL name, as a string literal. */
sql.key = (name: string): Sql => new Sql(made, [`'${graphqlName(name)}'`]);

/** The JSON text of a response key with its colon, as part of a string literal under construction: `'"name":'`. */
sql.jsonKey = (name: string, before: '' | '{' | ',' = ''): Sql =>
  new Sql(made, [`'${before}"${graphqlName(name)}":'`]);

/** A string literal from the catalog (an enum value, a JSON constant), quoted by the standard's rule; no backslash, no NUL. */
sql.text = (value: string): Sql => {
  if (/[\\\0]/.test(value)) throw new TypeError('a text with a backslash or NUL must be bound');
  return new Sql(made, [`'${value.replaceAll("'", "''")}'`]);
};

/** Native type spelling that introspection read from the database and quoted itself. */
sql.nativeType = (spelling: string): Sql => {
  if (/[;\0]|--|\/\*/.test(spelling.replaceAll(/"(?:[^"]|"")*"/g, '')))
    throw new TypeError(`not a type: ${spelling}`);
  return new Sql(made, [spelling]);
};

/**
 * A placeholder for a parameter. `encode` turns the canonical value into what the driver binds. `cast`: the type that the statement casts
 * the placeholder to, which lets the value come from a row of parameters instead.
 */
sql.bind = (param: Param, encode: Slot['encode'] = (value) => value, cast?: Sql): Sql =>
  new Sql(made, [cast === undefined ? { param, encode } : { param, encode, cast }]);

/** A placeholder for the values of `slot` in many sets of parameters. `gather` makes one value of their encoded values. */
sql.bindSets = ({ param, encode }: Slot, gather: NonNullable<Slot['gather']>): Sql =>
  new Sql(made, [{ param, encode, gather }]);

/** The fragment with some of its placeholders replaced. `replace` returns `null` for one that stays. */
sql.replaceSlots = (fragment: Sql, replace: (slot: BoundSlot) => Sql | null): Sql => {
  const pieces: Piece[] = [];
  for (const piece of Sql.pieces(fragment)) {
    const other = typeof piece === 'string' ? null : replace(piece);
    if (other === null) push(pieces, piece);
    else for (const part of Sql.pieces(other)) push(pieces, part);
  }
  return new Sql(made, pieces);
};

function graphqlName(name: string): string {
  if (!/^[_A-Za-z][_0-9A-Za-z]*$/.test(name)) throw new TypeError(`not a GraphQL name: ${name}`);
  return name;
}

/** The finished statement: text with the engine's placeholders, and its slots in order. */
export function render(
  fragment: Sql,
  placeholder: (position: number) => string,
): { text: string; slots: readonly Slot[] } {
  const slots: Slot[] = [];
  // Numbered placeholders are shared, so that an expression used in two places (SELECT and GROUP BY) has the same text in both.
  const known = placeholder(1) === placeholder(2) ? null : new Map<Slot, number>();
  let text = '';
  for (const piece of Sql.pieces(fragment)) {
    if (typeof piece === 'string') text += piece;
    else {
      let position = known?.get(piece);
      if (position === undefined) {
        slots.push(piece);
        position = slots.length;
        known?.set(piece, position);
      }
      text += placeholder(position);
    }
  }
  return { text, slots };
}
