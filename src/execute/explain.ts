import type { Param, Statement } from '../plan/index.ts';
import type { PreparedFetch } from './prepare.ts';

/** One statement of a plan, for people: what it is for, its SQL, what is bound, and what runs below it for its rows. */
export interface Explained {
  readonly title: string;
  readonly source: string;
  readonly sql: string;
  readonly params: readonly string[];
  readonly below: readonly Explained[];
}

/** A fetch with everything below it; batched children are shown for two parents. */
export function explainFetch(title: string, fetch: PreparedFetch): Explained {
  const below = [
    ...fetch.fixed.map((entry) => explainFetch('rows of the same field', entry.fetch)),
    ...fetch.hops.map((hop) => explainFetch(`${hop.kind} for all rows at once, by key`, hop.fetchFor(2))),
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

/** Where a value comes from; never the value of a variable. */
function paramText({ source, path, shape }: Param): string {
  switch (source.kind) {
    case 'variable':
      return `$${source.path.join('.')}`;
    case 'session':
      return `x-foz-${source.name}`;
    case 'step':
      return `${shape} of step ${source.step + 1}`;
    case 'parents':
      return 'keys of the rows above';
    default:
      return path === '$' ? 'constant' : path.replace(/^\$\.selectionSet\./, '');
  }
}

/** The explanation as indented text. */
export function printExplained(list: readonly Explained[], indent = ''): string {
  return list
    .map((entry, index) => {
      const params =
        entry.params.length === 0
          ? ''
          : `\n${indent}   with ${entry.params.map((param, at) => `${at + 1}: ${param}`).join(', ')}`;
      const below = entry.below.length === 0 ? '' : `\n${printExplained(entry.below, `${indent}   `)}`;
      return `${indent}${index + 1}. ${entry.title} [${entry.source}]\n${indent}   ${entry.sql}${params}${below}`;
    })
    .join('\n');
}
