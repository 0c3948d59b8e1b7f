import { FozError } from '../../core/index.ts';

/** How the SQL of an engine is told apart into texts, quoted names, comments, parameters and words. */
export interface Lexis {
  /** The characters that begin a text or a quoted name. A bracket ends with its partner, the others with themselves. */
  readonly quotes: string;
  /** `$tag$ ... $tag$` is a text. */
  readonly dollarQuotes: boolean;
  /** `escapes`: a backslash escapes in texts that begin with `E'`. `unknown`: it depends on the server, so it is refused. */
  readonly backslashes: 'plain' | 'escapes' | 'unknown';
  /** `#` begins a comment. */
  readonly hashComments: boolean;
  /** `--` begins a comment only before a blank. */
  readonly spacedDashes: boolean;
  readonly nestedComments: boolean;
  /** Comments that the server runs as SQL, as a sticky pattern; `null`: there are none. */
  readonly livingComments: RegExp | null;
  /** A placeholder of the engine's own as a sticky pattern; nothing would be bound to it. */
  readonly placeholder: RegExp | null;
}

/** A statement cut at its named parameters. */
export interface CutStatement {
  /** The texts around the parameters: one more than there are names. */
  readonly pieces: readonly string[];
  readonly names: readonly string[];
  /** The words outside of texts, quoted names and comments, in capitals. */
  readonly words: readonly string[];
}

const parameter = /:([A-Za-z_]\w*)/y;
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const dollarQuote = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const digits = /\d[\w.]*/y;

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Cuts a statement. Throws FozError `validation-failed` for what cannot be bound, and for several statements. */
export function cut(text: string, lexis: Lexis): CutStatement {
  const pieces: string[] = [];
  const names: string[] = [];
  const words: string[] = [];
  let [at, from, end] = [0, 0, -1];
  while (at < text.length) {
    const next = afterGap(text, at, lexis);
    if (next > at) {
      at = next;
      continue;
    }
    if (end >= 0)
      throw refused('The text has several statements. A step runs one; a "transaction" runs several.');
    const known = text[at] === ':' ? match(parameter, text, at) : null;
    if (known !== null) {
      pieces.push(text.slice(from, at));
      names.push(known[1]!);
      at += known[0].length;
      from = at;
    } else if (text[at] === ';') {
      end = at;
      at++;
    } else {
      const found = match(word, text, at);
      if (found !== null) words.push(found[0].toUpperCase());
      at = afterToken(text, at, found?.[0] ?? null, lexis);
    }
  }
  pieces.push(text.slice(from, end < 0 ? text.length : end));
  return { pieces, names, words };
}

/** The position after blanks or a comment; that of the token if there are none. */
function afterGap(text: string, at: number, lexis: Lexis): number {
  const two = text.slice(at, at + 2);
  if (/\s/.test(text[at]!)) return at + 1;
  const isDashed = two === '--' && (!lexis.spacedDashes || /^\s?$/.test(text[at + 2] ?? ''));
  if (isDashed || (lexis.hashComments && text[at] === '#')) {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end + 1;
  }
  if (two !== '/*') return at;
  if (lexis.livingComments !== null && match(lexis.livingComments, text, at) !== null)
    throw refused('The text has a comment that the server would run.');
  return afterComment(text, at, lexis.nestedComments);
}

function afterComment(text: string, start: number, isNested: boolean): number {
  let depth = 1;
  for (let at = start + 2; at < text.length; at++) {
    const two = text.slice(at, at + 2);
    if (two === '*/') {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    } else if (isNested && two === '/*') {
      depth++;
      at++;
    }
  }
  throw refused('A comment of the text has no end.');
}

/** The position after a token that is no parameter. */
function afterToken(text: string, at: number, found: string | null, lexis: Lexis): number {
  const { backslashes, dollarQuotes, placeholder, quotes } = lexis;
  if (found !== null) {
    const isEscaped = backslashes === 'escapes' && /^e$/i.test(found) && text[at + 1] === "'";
    return isEscaped ? afterQuoted(text, at + 1, 'escapes') : at + found.length;
  }
  const number = match(digits, text, at);
  if (number !== null) return at + number[0].length;
  if (quotes.includes(text[at]!))
    return afterQuoted(text, at, backslashes === 'unknown' ? 'unknown' : 'plain');
  if (placeholder !== null && match(placeholder, text, at) !== null)
    throw refused(`The text has a parameter without a name at "${text.slice(at, at + 10)}": write ":name".`);
  const dollars = dollarQuotes ? match(dollarQuote, text, at) : null;
  if (dollars !== null) {
    const end = text.indexOf(dollars[0], at + dollars[0].length);
    if (end < 0) throw refused('A text in dollars has no end.');
    return end + dollars[0].length;
  }
  const two = text.slice(at, at + 2);
  return at + (two === '::' || two === ':=' ? 2 : 1);
}

/** The position after a text or a quoted name. A doubled closing quote is part of it. */
function afterQuoted(text: string, start: number, backslashes: Lexis['backslashes']): number {
  const close = text[start] === '[' ? ']' : text[start]!;
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '\\' && backslashes === 'unknown' && close !== '`')
      throw refused('A text with a backslash depends on the settings of the server: make it a parameter.');
    if (character === '\\' && backslashes === 'escapes') at++;
    else if (character === close && text[at + 1] === close && close !== ']') at++;
    else if (character === close) return at + 1;
  }
  throw refused(`What begins with ${text[start]} in the text has no end.`);
}

export function refused(message: string): FozError {
  return new FozError('validation-failed', message);
}
