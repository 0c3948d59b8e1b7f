/** One lexical element of a condition as the server prints it: a name, a text, anything else. */
const token = /\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|[nN]?'((?:[^']|'')*)'|(\w+|[^\s\w])/gs;

interface Token {
  readonly kind: 'name' | 'text' | 'sign';
  readonly text: string;
}

const keywords: ReadonlySet<string> = new Set(['and', 'between', 'in', 'is', 'like', 'not', 'null', 'or']);

/** The tokens without parentheses, which do not change the meaning of a list of alternatives. */
function tokens(condition: string): Token[] {
  return [...condition.matchAll(token)]
    .map(([, bracketed, quoted, text, sign]): Token => {
      if (bracketed !== undefined) return { kind: 'name', text: bracketed.replaceAll(']]', ']') };
      if (quoted !== undefined) return { kind: 'name', text: quoted.replaceAll('""', '"') };
      if (text !== undefined) return { kind: 'text', text: text.replaceAll("''", "'") };
      const isWord = /^[a-z_]/i.test(sign!) && !keywords.has(sign!.toLowerCase());
      return isWord ? { kind: 'name', text: sign! } : { kind: 'sign', text: sign!.toLowerCase() };
    })
    .filter(({ kind, text }) => kind !== 'sign' || (text !== '(' && text !== ')'));
}

/**
 * The column and the values of a check that is a closed list of texts, which the server prints as `([status]='b' OR [status]='a')`; `null` for
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
  // The server prints the values in reverse.
  return at === all.length ? { column: first.text, values: [...new Set(values)].sort() } : null;
}

/**
 * The column of `isjson(column) = 1`, which takes objects and arrays, or of `isjson('[' + column + ']') = 1`, which takes every value: so
 * documents are marked. `> 0` means the same.
 */
export function validJson(condition: string): string | null {
  const [name, ...all] = tokens(condition);
  if (name?.text.toLowerCase() !== 'isjson') return null;
  const rest = all.map(({ kind, text }) => (kind === 'name' ? 'name' : text)).join(' ');
  if (!/^(?:name|\[ \+ name \+ \]) (?:= 1|> 0)$/.test(rest)) return null;
  return all.find(({ kind }) => kind === 'name')!.text;
}

/** The names in a condition. */
export function namesIn(condition: string): ReadonlySet<string> {
  return new Set(tokens(condition).flatMap(({ kind, text }) => (kind === 'name' ? [text] : [])));
}
