/** A word, a quoted name, a text, a number, or one sign of a CREATE statement. */
export interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'sign';
  /** Without quotes; words unchanged. */
  readonly value: string;
}

const spaces = /\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$)/y;
const rules: readonly (readonly [Token['kind'], RegExp, (found: string) => string])[] = [
  ['text', /'(?:[^']|'')*'/y, (found) => found.slice(1, -1).replaceAll("''", "'")],
  ['name', /"(?:[^"]|"")*"/y, (found) => found.slice(1, -1).replaceAll('""', '"')],
  ['name', /`(?:[^`]|``)*`/y, (found) => found.slice(1, -1).replaceAll('``', '`')],
  ['name', /\[[^\]]*\]/y, (found) => found.slice(1, -1)],
  ['number', /(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y, (found) => found],
  ['word', /[\p{L}_$\u0080-\u{10ffff}][\p{L}\p{N}_$\u0080-\u{10ffff}]*/uy, (found) => found],
];

/** The tokens of SQL text, without spaces and comments. An invalid token ends the list. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    spaces.lastIndex = at;
    const gap = spaces.exec(text);
    if (gap !== null) {
      at += gap[0].length;
      continue;
    }
    const token = next(text, at);
    tokens.push(token.token);
    at = token.end;
  }
  return tokens;
}

function next(text: string, at: number): { readonly token: Token; readonly end: number } {
  for (const [kind, rule, value] of rules) {
    rule.lastIndex = at;
    const found = rule.exec(text);
    if (found !== null) return { token: { kind, value: value(found[0]) }, end: at + found[0].length };
  }
  return { token: { kind: 'sign', value: text[at]! }, end: at + 1 };
}

/** Whether the token is this keyword or sign. */
export function isToken(token: Token | undefined, value: string): boolean {
  if (token === undefined) return false;
  return token.kind === 'sign'
    ? token.value === value
    : token.kind === 'word' && token.value.toLowerCase() === value;
}

/** Position after the parenthesis that closes the one at `open`; the length of the list where none does. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (isToken(tokens[at], '(')) depth++;
    else if (isToken(tokens[at], ')') && --depth === 0) return at + 1;
  }
  return tokens.length;
}
