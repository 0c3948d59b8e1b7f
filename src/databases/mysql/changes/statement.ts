import type { ChangedTable } from '../../../plan/index.ts';

/** The effect of a statement in the binlog on the tables that are followed. */
export type Effect =
  | { readonly kind: 'begin' | 'commit' | 'nothing' }
  /** A table was created, or has other columns. */
  | { readonly kind: 'altered' }
  /** The rows that follow belong to a prepared XA transaction: they count only if it commits. */
  | { readonly kind: 'prepare' }
  /** All rows of the tables are gone, or may be different ones. */
  | { readonly kind: 'tables'; readonly tables: readonly ChangedTable[] }
  /** All tables of the namespace are gone. */
  | { readonly kind: 'namespace'; readonly namespace: string }
  /** Rows were changed and are not in the binlog. */
  | { readonly kind: 'unknown' };

const nothing: Effect = { kind: 'nothing' };
const altered: Effect = { kind: 'altered' };
const unknown: Effect = { kind: 'unknown' };

/** A word, a quoted name or text, or a sign. */
interface Token {
  readonly text: string;
  readonly isName: boolean;
}

/** Comments, names in backticks or double quotes, texts, words, signs. What is within `/*!` is part of the statement. */
const pieces =
  /\/\*M?!\d*|\*\/|\/\*.*?(?:\*\/|$)|(?:--[\s]|#)[^\n]*|`((?:[^`]|``)*)`|"((?:[^"]|"")*)"|'(?:[^'\\]|''|\\.)*'|[\p{L}\p{N}_$@\u0080-\uffff]+|[^\s]/gsu;
/** Most tokens that are read of one statement. The kind of the statement is at its start; only a list of tables can be long. */
const mostTokens = 2_000;

function tokensOf(statement: string): Token[] {
  const tokens: Token[] = [];
  for (const [piece, ticked, doubled] of statement.matchAll(pieces)) {
    if (tokens.length === mostTokens) break;
    if (/^(?:\/\*|\*\/|--\s|#)/.test(piece)) continue;
    const name = ticked?.replaceAll('``', '`') ?? doubled?.replaceAll('""', '"');
    tokens.push({ text: name ?? piece, isName: name !== undefined });
  }
  return tokens;
}

/** Reads the tokens of one statement in order. */
class Words {
  readonly #tokens: readonly Token[];
  readonly #namespace: string | null;
  #at = 0;

  constructor(tokens: readonly Token[], namespace: string | null) {
    this.#tokens = tokens;
    this.#namespace = namespace;
  }

  /** Steps over the word if it is next. */
  take(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.isName || token.text.toLowerCase() !== word) return false;
    this.#at++;
    return true;
  }

  /** Looks for the word in the rest of the statement and steps past it. Returns whether it was there. */
  find(word: string): boolean {
    for (let at = this.#at; at < this.#tokens.length; at++) {
      const { text, isName } = this.#tokens[at]!;
      if (isName || text.toLowerCase() !== word) continue;
      this.#at = at + 1;
      return true;
    }
    return false;
  }

  table(): ChangedTable[] {
    const first = this.#tokens[this.#at++]?.text;
    if (first === undefined) return [];
    if (!this.take('.')) return [{ namespace: this.#namespace, name: first }];
    const second = this.#tokens[this.#at++]?.text;
    return second === undefined ? [] : [{ namespace: first, name: second }];
  }

  tables(): ChangedTable[] {
    const list = this.table();
    while (this.take(',')) list.push(...this.table());
    return list;
  }
}

/** Statements that change no rows of tables that exist. */
const harmless = new Set(
  'savepoint release grant revoke set analyze optimize repair flush create alter drop install uninstall rename check start change stop reset import comment signal kill purge lock unlock binlog'.split(
    ' ',
  ),
);

/** Reads a statement as the binlog has it. `namespace`: the default one of its session; `null`: none. */
export function effectOf(statement: string, namespace: string | null): Effect {
  if (statement === 'BEGIN') return { kind: 'begin' };
  if (statement === 'COMMIT') return { kind: 'commit' };
  const tokens = tokensOf(statement);
  const words = new Words(tokens, namespace);
  if (words.take('begin')) return { kind: 'begin' };
  if (words.take('commit')) return { kind: 'commit' };
  if (words.take('rollback')) return words.find('to') ? unknown : { kind: 'commit' };
  if (words.take('xa')) return xa(words);
  if (words.take('truncate')) {
    words.take('table');
    return tablesOf(words.tables());
  }
  if (words.take('drop')) return dropped(words);
  if (words.take('rename')) return words.take('table') || words.take('tables') ? renamed(words) : nothing;
  if (words.take('alter')) return alteredBy(words);
  if (words.take('create')) return createdBy(words);
  return harmless.has(tokens[0]?.text.toLowerCase() ?? '') ? nothing : unknown;
}

function tablesOf(tables: readonly ChangedTable[]): Effect {
  return tables.length === 0 ? nothing : { kind: 'tables', tables };
}

function xa(words: Words): Effect {
  if (words.take('start') || words.take('begin')) return { kind: 'prepare' };
  // The rows came with an earlier transaction that was only prepared.
  return words.take('commit') ? unknown : nothing;
}

function dropped(words: Words): Effect {
  const isNamespace = words.take('database') || words.take('schema');
  if (!isNamespace && !words.take('table') && !words.take('tables')) return nothing;
  if (words.take('if')) words.take('exists');
  if (!isNamespace) return tablesOf(words.tables());
  const [first] = words.table();
  return first === undefined ? nothing : { kind: 'namespace', namespace: first.name };
}

function renamed(words: Words): Effect {
  const tables: ChangedTable[] = [];
  do {
    tables.push(...words.table());
    if (words.take('to')) tables.push(...words.table());
  } while (words.take(','));
  return tablesOf(tables);
}

/** A table with another name, and one whose partitions are exchanged or emptied, has other rows. */
function alteredBy(words: Words): Effect {
  words.take('online');
  words.take('ignore');
  if (!words.take('table')) return nothing;
  if (words.take('if')) words.take('exists');
  const tables = words.table();
  if (words.take('rename') && !words.take('column') && !words.take('index') && !words.take('key')) {
    if (!words.take('to')) words.take('as');
    return tablesOf([...tables, ...words.table()]);
  }
  const isRewritten = ['truncate', 'drop', 'exchange', 'discard', 'import'].some((word) => words.take(word));
  if (!isRewritten || !(words.take('partition') || words.take('tablespace'))) return altered;
  return tablesOf(words.find('table') ? [...tables, ...words.table()] : tables);
}

/** CREATE OR REPLACE TABLE of MariaDB drops a table of that name. */
function createdBy(words: Words): Effect {
  const isReplaced = words.take('or') && words.take('replace');
  if (!words.take('table')) return nothing;
  return isReplaced ? tablesOf(words.table()) : altered;
}
