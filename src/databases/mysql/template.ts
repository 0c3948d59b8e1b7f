import { FozError } from '../../core/index.ts';
import type { Statement } from '../../plan/index.ts';
import { spellingOf } from './literal.ts';

/** A statement cut at its placeholders. */
interface Template {
  readonly pieces: readonly string[];
  /** Whether the statement is an upsert: the server's number of affected rows then counts existing rows twice. */
  readonly upsert: boolean;
  /** Whether it reports a conflict by LAST_INSERT_ID(). */
  readonly reports: boolean;
}

const templates = new WeakMap<Statement, Template>();
const token = /`(?:[^`]|``)*`|'(?:[^']|'')*'|\?/g;

function templateOf(statement: Statement): Template {
  let template = templates.get(statement);
  if (template === undefined) {
    template = cut(statement.text);
    templates.set(statement, template);
  }
  return template;
}

/** Cuts a statement at its placeholders. A question mark within a quoted name or text is not one. */
function cut(text: string): Template {
  const pieces: string[] = [];
  let from = 0;
  let bare = '';
  for (const { 0: found, index } of text.matchAll(token)) {
    if (found !== '?') continue;
    pieces.push(text.slice(from, index));
    from = index + 1;
  }
  pieces.push(text.slice(from));
  if (text.startsWith('insert')) bare = text.replaceAll(token, '');
  const upsert = bare.includes(' on duplicate key update ');
  return { pieces, upsert, reports: upsert && bare.includes('last_insert_id(') };
}

/** A statement that is cut already, and describes its result. */
export function statementOf(pieces: readonly string[]): Statement {
  const statement: Statement = { text: pieces.join('?'), slots: [], describes: true };
  templates.set(statement, { pieces, upsert: false, reports: false });
  return statement;
}

/** The statement with its values inlined. Throws FozError `unexpected` when the number of values differs from that of the placeholders. */
export function fill(statement: Statement, values: readonly unknown[]): string {
  const { pieces } = templateOf(statement);
  if (values.length !== pieces.length - 1)
    throw new FozError(
      'unexpected',
      `The statement has ${pieces.length - 1} places for ${values.length} values.`,
    );
  let text = pieces[0]!;
  for (let index = 0; index < values.length; index++) text += spellingOf(values[index]) + pieces[index + 1]!;
  return text;
}

/** Whether the statement is an upsert that reports a conflict. */
export function reportsConflict(statement: Statement): boolean {
  return templateOf(statement).reports;
}

/** Whether the statement is an upsert. */
export function isUpsert(statement: Statement): boolean {
  return templateOf(statement).upsert;
}
