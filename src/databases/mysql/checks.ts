import { unescaped } from './types.ts';

/** One lexical element of a condition as the server prints it: a name, a text (with its character set before it), anything else. */
const token = /`((?:[^`]|``)*)`|(?:_\w+)?'((?:[^'\\]|''|\\.)*)'|(\w+|[^\s\w])/gs;

interface Token {
  readonly kind: 'name' | 'text' | 'sign';
  readonly text: string;
}

/** The tokens without parentheses, which do not change the meaning of a list of alternatives. */
function tokens(condition: string): Token[] {
  return [...condition.matchAll(token)]
    .map(([, name, text, sign]): Token => {
      if (name !== undefined) return { kind: 'name', text: name.replaceAll('``', '`') };
      return text === undefined
        ? { kind: 'sign', text: sign!.toLowerCase() }
        : { kind: 'text', text: unescaped(text) };
    })
    .filter(({ kind, text }) => kind !== 'sign' || (text !== '(' && text !== ')'));
}

/**
 * The column and the values of a check that is a closed list of texts (`status in ('a', 'b')`, `= 'a' or = 'b'`); `null` for
 * every other condition.
 */
export function allowedValues(
  condition: string,
): { readonly column: string; readonly values: readonly string[] } | null {
  const all = tokens(condition);
  const [first] = all;
  if (first?.kind !== 'name') return null;
  const values: string[] = [];
  let at = 0;
  const sign = (text: string) => all[at]?.kind === 'sign' && all[at]?.text === text && ++at > 0;
  const value = () => all[at]?.kind === 'text' && values.push(all[at++]!.text) > 0;
  do {
    if (all[at]?.kind !== 'name' || all[at]?.text !== first.text) return null;
    at++;
    if (!sign('=') && !sign('in')) return null;
    do if (!value()) return null;
    while (sign(','));
  } while (sign('or'));
  return at === all.length ? { column: first.text, values: [...new Set(values)] } : null;
}

/** The column of `json_valid(column)`, by which MariaDB marks its JSON columns. */
export function validJson(condition: string): string | null {
  const [name, column, ...rest] = tokens(condition);
  return name?.text === 'json_valid' && column?.kind === 'name' && rest.length === 0 ? column.text : null;
}

/** The names in a condition: columns, and on MariaDB perhaps functions. */
export function namesIn(condition: string): ReadonlySet<string> {
  return new Set(tokens(condition).flatMap(({ kind, text }) => (kind === 'name' ? [text] : [])));
}
