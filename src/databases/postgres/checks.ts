/** One lexical element of an expression as the server prints it. */
const token =
  /\s*(?:((?:[eE])?'(?:[^']|'')*')|("(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(::|<>|[=[\](),.]|\S))/gy;

interface Token {
  readonly kind: 'text' | 'name' | 'sign';
  readonly text: string;
}

function tokens(expression: string): Token[] {
  return [...expression.matchAll(token)].map(([, text, name, sign]): Token => {
    if (text !== undefined) return { kind: 'text', text: unquote(text) };
    return name === undefined ? { kind: 'sign', text: sign! } : { kind: 'name', text: name };
  });
}

function unquote(literal: string): string {
  const body = literal.slice(literal.indexOf("'") + 1, -1).replaceAll("''", "'");
  return literal.startsWith("'") ? body : body.replaceAll('\\\\', '\\');
}

/** Drops casts and parentheses, which do not change the meaning of a comparison of texts. */
function bare(all: readonly Token[]): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < all.length) {
    const { text, kind } = all[at]!;
    if (kind === 'sign' && text === '::') at = afterType(all, at + 1);
    else {
      if (kind !== 'sign' || (text !== '(' && text !== ')')) tokens.push(all[at]!);
      at++;
    }
  }
  return tokens;
}

/** Position after a type, such as `text`, `character varying(20)`, `"app"."word"[]`. */
function afterType(all: readonly Token[], start: number): number {
  let at = start + 1;
  const is = (text: string) => all[at]?.kind === 'sign' && all[at]?.text === text;
  if (all[at]?.kind === 'name' && all[at]?.text === 'varying') at++;
  while (is('.')) at += 2;
  if (is('(')) {
    while (at < all.length && !is(')')) at++;
    at++;
  }
  while (is('[')) at += 2;
  return at;
}

/**
 * The values that a check constraint of one column allows, when it is a closed list of texts (`status in ('a', 'b')`, `= any`,
 * `= 'a' or = 'b'`); `null` for every other condition. `expression` is what `pg_get_expr` prints.
 */
export function allowedValues(expression: string): readonly string[] | null {
  const all = bare(tokens(expression));
  const values: string[] = [];
  let at = 0;
  const sign = (text: string) => all[at]?.kind === 'sign' && all[at]?.text === text && ++at > 0;
  const word = (text: string) => all[at]?.kind === 'name' && all[at]?.text.toUpperCase() === text && ++at > 0;
  const value = () => all[at]?.kind === 'text' && values.push(all[at++]!.text) > 0;
  do {
    if (all[at]?.kind !== 'name') return null;
    at++;
    if (!sign('=')) return null;
    if (word('ANY')) {
      if (!word('ARRAY') || !sign('[')) return null;
      do if (!value()) return null;
      while (sign(','));
      if (!sign(']')) return null;
    } else if (!value()) return null;
  } while (word('OR'));
  return at === all.length ? [...new Set(values)] : null;
}
