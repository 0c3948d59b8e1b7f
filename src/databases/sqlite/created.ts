import { closing, isToken, type Token, tokenize } from './tokens.ts';

/** Facts that only the text of a CREATE TABLE statement has. */
export interface CreatedTable {
  /** Columns whose values a check restricts to a list of texts, by lower-case name. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  /** Declared names of keys and foreign keys, by kind and lower-case columns (see `keyOf`). */
  readonly names: ReadonlyMap<string, string>;
  /** The names of columns, in lower case, in each check that has a name. They may include functions and keywords. */
  readonly checks: ReadonlyMap<string, ReadonlySet<string>>;
  /** The collations of columns, other than BINARY, by lower-case name. */
  readonly collations: ReadonlyMap<string, string>;
  /** Whether a constraint has an ON CONFLICT clause other than ABORT, the default. */
  readonly resolvesConflicts: boolean;
}

/** The key of `CreatedTable.names`. */
export function keyOf(kind: 'primary' | 'unique' | 'foreign', columns: readonly string[]): string {
  return JSON.stringify([kind, ...columns.map((column) => column.toLowerCase())]);
}

/** Reads a CREATE TABLE statement. Unknown parts are ignored. Never throws. */
export function readCreated(text: string | null): CreatedTable {
  const lists = new Map<string, readonly string[]>();
  const names = new Map<string, string>();
  const collations = new Map<string, string>();
  const checks = new Map<string, ReadonlySet<string>>();
  const tokens = text === null ? [] : tokenize(text);
  const open = tokens.findIndex((token) => isToken(token, '('));
  if (open >= 0) {
    for (const part of commaSeparated(tokens.slice(open + 1, closing(tokens, open) - 1))) {
      readPart(part, { lists, names, collations, checks });
    }
  }
  return {
    lists,
    names,
    collations,
    checks,
    resolvesConflicts: tokens.some((_, at) => resolves(tokens, at)),
  };
}

function resolves(tokens: readonly Token[], at: number): boolean {
  return (
    isToken(tokens[at], 'on') && isToken(tokens[at + 1], 'conflict') && !isToken(tokens[at + 2], 'abort')
  );
}

/**
 * Types to which a view casts its columns, by position (SQLite itself reports only their affinity). Empty where the columns cannot be
 * recognized in the text of the view.
 */
export function viewCasts(text: string | null): ReadonlyMap<number, string> {
  const casts = new Map<number, string>();
  const tokens = text === null ? [] : tokenize(text);
  const as = topLevel(tokens, ['as'], 0);
  const select = topLevel(tokens, ['select'], as);
  if (as < 0 || select < 0) return casts;
  const ends = ['from', 'where', 'group', 'union', 'except', 'intersect', 'order', 'limit'];
  const end = topLevel(tokens, ends, select);
  const items = commaSeparated(tokens.slice(select + 1, end < 0 ? undefined : end));
  if (items.some((item) => isToken(item.at(-1), '*'))) return casts;
  items.forEach((item, position) => {
    const start = isToken(item[0], 'distinct') || isToken(item[0], 'all') ? 1 : 0;
    if (!isToken(item[start], 'cast') || !isToken(item[start + 1], '(')) return;
    const close = closing(item, start + 1);
    const inner = item.slice(start + 2, close - 1);
    const type = lastTopLevel(inner, 'as');
    const alias = item.slice(close);
    const named =
      alias.length === 1 ? alias[0]!.kind !== 'sign' : isToken(alias[0], 'as') && alias.length === 2;
    if (type < 0 || (alias.length > 0 && !named)) return;
    const words = inner.slice(type + 1).map(({ value }) => value);
    casts.set(position, words.join(' ').replace(/ ?([(),]) ?/g, '$1'));
  });
  return casts;
}

/** Position of the first of the words, from `from` on and outside of parentheses; -1: none. */
function topLevel(tokens: readonly Token[], words: readonly string[], from: number): number {
  let depth = 0;
  for (let at = Math.max(from, 0); at < tokens.length; at++) {
    if (isToken(tokens[at], '(')) depth++;
    if (isToken(tokens[at], ')')) depth--;
    if (depth === 0 && words.some((word) => isToken(tokens[at], word))) return at;
  }
  return -1;
}

function lastTopLevel(tokens: readonly Token[], word: string): number {
  let found = -1;
  for (let at = topLevel(tokens, [word], 0); at >= 0; at = topLevel(tokens, [word], at + 1)) found = at;
  return found;
}

/** Timing and event of a trigger, from its CREATE TRIGGER statement; `null`: the text was not understood. */
export function triggerOf(text: string): {
  readonly timing: 'before' | 'after' | 'instead';
  readonly event: 'insert' | 'update' | 'delete';
} | null {
  const tokens = tokenize(text);
  const on = topLevel(tokens, ['on'], 0);
  for (let at = on - 1; at >= 0; at--) {
    const event = (['insert', 'update', 'delete'] as const).find((word) => isToken(tokens[at], word));
    if (event === undefined || tokens[at]!.kind !== 'word') continue;
    // In `update of a, b on t` the columns follow the event. The default timing is BEFORE.
    if (isToken(tokens[at - 1], 'of')) return { timing: 'instead', event };
    return { timing: isToken(tokens[at - 1], 'after') ? 'after' : 'before', event };
  }
  return null;
}

/** Reads one part of the table: a column or a constraint. */
function readPart(
  part: readonly Token[],
  {
    lists,
    names,
    collations,
    checks,
  }: {
    lists: Map<string, readonly string[]>;
    names: Map<string, string>;
    collations: Map<string, string>;
    checks: Map<string, ReadonlySet<string>>;
  },
) {
  const table = ['constraint', 'primary', 'unique', 'check', 'foreign'].some((word) =>
    isToken(part[0], word),
  );
  const column = table ? null : (part[0]?.value ?? null);
  let depth = 0;
  part.forEach((token, at) => {
    if (isToken(token, '(')) depth++;
    if (isToken(token, ')')) depth--;
    if (depth > 0) return;
    if (column !== null && isToken(token, 'collate') && !isToken(part[at + 1], 'binary'))
      collations.set(column.toLowerCase(), part[at + 1]?.value ?? '');
    const kind = keyKind(part, at, column !== null);
    if (kind !== null && isToken(part[at - 2], 'constraint')) {
      names.set(keyOf(kind, column === null ? listedAfter(part, at) : [column]), part[at - 1]!.value);
    }
    if (isToken(token, 'check') && isToken(part[at + 1], '(')) {
      const condition = part.slice(at + 2, closing(part, at + 1) - 1);
      if (isToken(part[at - 2], 'constraint')) checks.set(part[at - 1]!.value, namesIn(condition));
      const list = valueList(condition);
      if (list !== null) lists.set(list.column.toLowerCase(), list.values);
    }
  });
}

function keyKind(
  part: readonly Token[],
  at: number,
  inColumn: boolean,
): 'primary' | 'unique' | 'foreign' | null {
  if (isToken(part[at], 'primary') && isToken(part[at + 1], 'key')) return 'primary';
  if (isToken(part[at], 'unique')) return 'unique';
  if (isToken(part[at], 'foreign') && isToken(part[at + 1], 'key')) return 'foreign';
  return inColumn && isToken(part[at], 'references') ? 'foreign' : null;
}

/** The names in the first parentheses after `at`. */
function listedAfter(part: readonly Token[], at: number): readonly string[] {
  const open = part.findIndex((token, index) => index > at && isToken(token, '('));
  if (open < 0) return [];
  return commaSeparated(part.slice(open + 1, closing(part, open) - 1)).map(
    (tokens) => tokens[0]?.value ?? '',
  );
}

/** Reads `column in ('a', 'b')`, with or without parentheses and a leading `column is null or`. */
function valueList(condition: readonly Token[]): { column: string; values: readonly string[] } | null {
  let tokens = condition;
  while (isToken(tokens[0], '(') && closing(tokens, 0) === tokens.length) tokens = tokens.slice(1, -1);
  const [column] = tokens;
  if (column === undefined || (column.kind !== 'word' && column.kind !== 'name')) return null;
  if (isToken(tokens[1], 'is') && isToken(tokens[2], 'null') && isToken(tokens[3], 'or')) {
    const rest = valueList(tokens.slice(4));
    return rest !== null && rest.column.toLowerCase() === column.value.toLowerCase() ? rest : null;
  }
  if (!isToken(tokens[1], 'in') || !isToken(tokens[2], '(') || closing(tokens, 2) !== tokens.length)
    return null;
  const values = commaSeparated(tokens.slice(3, -1)).filter(
    (value) => !(value.length === 1 && isToken(value[0], 'null')),
  );
  if (values.length === 0 || values.some((value) => value.length !== 1 || value[0]!.kind !== 'text'))
    return null;
  return { column: column.value, values: [...new Set(values.map((value) => value[0]!.value))] };
}

/** Splits at the commas outside of parentheses. */
function commaSeparated(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isToken(token, '(')) depth++;
    if (isToken(token, ')')) depth--;
    if (depth === 0 && isToken(token, ',')) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

/** The names in a condition, in lower case: columns, functions, keywords. */
export function namesIn(condition: readonly Token[]): ReadonlySet<string> {
  return new Set(
    condition.flatMap(({ kind, value }) => (kind === 'word' || kind === 'name' ? [value.toLowerCase()] : [])),
  );
}
