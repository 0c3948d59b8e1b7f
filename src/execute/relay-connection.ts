import { scalars } from '../catalog/index.ts';
import type { SourceName } from '../core/index.ts';
import type { ConnectionPart, ConnectionPlan, EdgePart, PageInfoPart, StreamPlan } from '../plan/index.ts';
import { type Explained, explainFetch } from './explain.ts';
import { fetchTexts, listText, type Running, runStatement, writeRows } from './fetch.ts';
import { type ConnectorOf, type PreparedFetch, prepareFetch, statementsOf } from './prepare.ts';
import { TimeSlice } from './time-slice.ts';

/** A Relay connection, prepared to run. `run` returns its JSON text. */
export interface PreparedConnection {
  readonly source: SourceName;
  readonly statements: ReadonlyMap<SourceName, number>;
  run(running: Running): Promise<string>;
  explain(title: string): readonly Explained[];
}

/** Rows of a connection or a batch of a stream, with their positions. */
export interface Page {
  /** JSON texts of all node fields, by index of the field, for each row. */
  readonly rows: readonly (readonly string[])[];
  readonly cursors: readonly string[];
  readonly more: boolean;
}

/** Prepares the statements of the page and of the count. The text of a row is split into its fields, so that edges and nodes can pick theirs. */
export function prepareConnection(connectorOf: ConnectorOf, plan: ConnectionPlan): PreparedConnection {
  const source = plan.select.table.source.name;
  const page = prepareFetch(connectorOf, source, { kind: 'rows', select: plan.select });
  const count =
    plan.count === null
      ? null
      : prepareFetch(connectorOf, source, { kind: 'aggregate', aggregate: plan.count });
  const statements = new Map(statementsOf(page));
  if (count !== null) statements.set(source, statements.get(source)! + 1);
  return {
    source,
    statements,
    explain: (title) => [
      explainFetch(title, page),
      ...(count === null ? [] : [explainFetch(`${title}: total count`, count)]),
    ],
    async run(running) {
      const [rows, total] = await Promise.all([
        readPage(running, plan, page),
        count === null ? null : readCount(running, count),
      ]);
      return object(partTexts(running, plan, rows, total));
    },
  };
}

/** The parts of an answer, each with its key. The same rows may be selected under any number of aliases. */
function partTexts(
  running: Running,
  plan: ConnectionPlan,
  page: Page,
  total: string | null,
): (readonly [string, string])[] {
  let length = 0;
  return plan.parts.map((part) => {
    const text = partText(plan, part, page, total);
    length += text.length;
    running.context.held?.check(length);
    return [part.key, text] as const;
  });
}

/** Values of a JSON object's entries as texts, in order. The text comes from the row writer, so it is well formed. */
export function splitObject(text: string): string[] {
  const values: string[] = [];
  let depth = 0;
  let start = -1;
  for (let at = 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') {
      const end = endOfString(text, at);
      if (depth === 0 && start < 0) {
        start = end + 2;
        at = end + 1;
        continue;
      }
      at = end;
    } else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && depth > 0) depth--;
    else if (depth === 0 && (char === ',' || char === '}')) {
      if (start >= 0) values.push(text.slice(start, at));
      start = -1;
    }
  }
  return values;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

/** Reads the rows of a page and their cursors. */
export async function readPage(running: Running, plan: StreamPlan, page: PreparedFetch): Promise<Page> {
  const result = await runStatement(running, page.source, page.compiled.statement);
  const size = typeof plan.size === 'number' ? plan.size : null;
  const more = size !== null && result.rows.length > size;
  const pageRows = more ? result.rows.slice(0, size) : result.rows;
  const texts = await writeRows(running, page, plan.backward ? [...pageRows].reverse() : pageRows);
  const rows: string[][] = [];
  const slice = new TimeSlice();
  for (const [index, text] of texts.entries()) {
    rows.push(splitObject(text));
    if (slice.isOver(index)) await slice.next();
  }
  const nodes = plan.select.fields.length - plan.cursorTypes.length;
  return { rows, more, cursors: rows.map((row) => cursorOf(plan, row.slice(nodes))) };
}

/** The cursor of a row. Big numbers in it are strings, whatever the source is configured to: a cursor must not lose digits. */
function cursorOf({ cursorTypes }: StreamPlan, values: readonly string[]): string {
  const exact = values.map((text, index) => {
    const isDigits = scalars[cursorTypes[index]!.scalar].form === 'digits';
    return isDigits && /^-?\d/.test(text) ? `"${text}"` : text;
  });
  return JSON.stringify(Buffer.from(listText(exact), 'utf8').toString('base64url'));
}

async function readCount(running: Running, fetch: PreparedFetch): Promise<string> {
  const [text] = await fetchTexts(running, fetch);
  return String((JSON.parse(text!) as { aggregate: { count: number } }).aggregate.count);
}

function object(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
}

function partText(plan: ConnectionPlan, part: ConnectionPart, page: Page, total: string | null): string {
  switch (part.kind) {
    case 'constant':
      return part.json;
    case 'total_count':
      return total!;
    case 'nodes':
      return listText(page.rows.map((row) => nodeText(plan, part.fields, row)));
    case 'edges':
      return listText(
        page.rows.map((row, index) =>
          object(part.parts.map((edge) => [edge.key, edgeText(plan, edge, row, page.cursors[index]!)])),
        ),
      );
    case 'page_info':
      return object(part.parts.map((info) => [info.key, infoText(plan, info, page)]));
  }
}

function edgeText(plan: ConnectionPlan, part: EdgePart, row: readonly string[], cursor: string): string {
  if (part.kind === 'constant') return part.json;
  return part.kind === 'cursor' ? cursor : nodeText(plan, part.fields, row);
}

/** The object of the selected fields of a row. */
export function nodeText(
  plan: Pick<StreamPlan, 'select'>,
  fields: readonly number[],
  row: readonly string[],
): string {
  return object(fields.map((index) => [plan.select.fields[index]!.key, row[index]!]));
}

function infoText(plan: ConnectionPlan, part: PageInfoPart, page: Page): string {
  switch (part.kind) {
    case 'constant':
      return part.json;
    case 'has_next_page':
      return String(plan.backward ? plan.hasCursor : page.more);
    case 'has_previous_page':
      return String(plan.backward ? page.more : plan.hasCursor);
    case 'start_cursor':
      return page.cursors[0] ?? 'null';
    case 'end_cursor':
      return page.cursors.at(-1) ?? 'null';
  }
}
