import type { Param, Statement } from '../plan/index.ts';
import type { PreparedFetch } from './prepare.ts';
import { futureText } from './write/future-value.ts';

/** One statement of an explained plan: its purpose, its SQL, its parameters, and the statements below it that its rows lead to. */
export interface Explained {
  readonly title: string;
  readonly source: string;
  /** `null`: the entry is a heading over those below it. */
  readonly sql: string | null;
  readonly params: readonly string[];
  readonly below: readonly Explained[];
  /** The condition under which it is sent; absent: always, when the enclosing entry is. */
  readonly when?: string;
  /** How many times it is sent in a row, with everything below it; default: once. */
  readonly times?: number;
}

/** A fetch with everything below it. Batched children are shown for `rows` parents. */
export function explainFetch(title: string, fetch: PreparedFetch, rows = 2): Explained {
  const below = [
    ...fetch.fixed.map((entry) => explainFetch('rows of the same field', entry.fetch)),
    ...fetch.hops.map((hop) => explainFetch(`${hop.kind} for all rows at once, by key`, hop.fetchFor(rows))),
  ];
  return { ...explainStatement(title, fetch.source, fetch.compiled.statement), below };
}

/** A single statement. */
export function explainStatement(title: string, source: string, statement: Statement): Explained {
  return {
    title,
    source,
    sql: statement.text,
    params: statement.slots.map(({ param }) => paramText(param)),
    below: [],
  };
}

/** Statements that belong together. */
export function heading(title: string, source: string, below: readonly Explained[]): Explained {
  return { title, source, sql: null, params: [], below };
}

/** The origin of a value. It never shows the value of a variable. */
export function paramText({ source, path, shape }: Param): string {
  switch (source.kind) {
    case 'variable':
      return `$${source.path.join('.')}`;
    case 'session':
      return `x-foz-${source.name}`;
    case 'step':
      return `${shape} of step ${source.step + 1}`;
    case 'parents':
      return 'keys of the rows above';
    case 'constant': {
      const future = futureText(source.value);
      if (future !== null) return future;
      return path === '$' ? 'constant' : placeText(path);
    }
    default:
      return path === '$' ? 'constant' : placeText(path);
  }
}

/** A path in the document without the prefix that every path has. */
function placeText(path: string): string {
  return path.replace(/^\$\.selectionSet\./, '');
}

/** The explanation as indented text. */
export function printExplained(list: readonly Explained[], indent = ''): string {
  return list
    .flatMap((entry, index) => [
      ...linesOf(entry, `${index + 1}. `).map((line) => indent + line),
      ...(entry.below.length === 0 ? [] : [printExplained(entry.below, `${indent}   `)]),
    ])
    .join('\n');
}

function linesOf({ title, source, sql, params, when, times = 1 }: Explained, number: string): string[] {
  const repeated = times === 1 ? '' : `, ${times} times`;
  const bound = params.map((param, at) => `${at + 1}: ${param}`).join(', ');
  const about = [sql, bound === '' ? null : `with ${bound}`, when === undefined ? null : `when ${when}`];
  return [
    `${number}${title}${repeated} [${source}]`,
    ...about.flatMap((line) => (line === null ? [] : [`   ${line}`])),
  ];
}
