import { FozError, FozErrors, type SourceName } from '../../../src/core/index.ts';
import {
  type Explained,
  type PreparedPlan,
  printExplained,
  type RoleEngine,
} from '../../../src/execute/index.ts';
import type { Connector, Runner } from '../../../src/plan/index.ts';
import { type Asked, readDocument } from './run.ts';

/** A statement that was sent to a driver. */
export interface Sent {
  readonly source: string;
  readonly text: string;
}

/** The same connectors, recording in `sent` every statement that their drivers run, within transactions and outside. */
export function recording(
  connectors: ReadonlyMap<SourceName, Connector>,
  sent: Sent[],
): Map<SourceName, Connector> {
  const noting = (source: SourceName, runner: Runner): Runner['run'] => {
    return (statement, values, context) => {
      sent.push({ source, text: statement.text });
      return runner.run(statement, values, context);
    };
  };
  return new Map(
    [...connectors].map(([source, connector]) => [
      source,
      {
        ...connector,
        run: noting(source, connector),
        transaction: (mode, context, body) =>
          connector.transaction(mode, context, (runner) => body({ run: noting(source, runner) })),
      },
    ]),
  );
}

/** The distinct statements of an explanation. */
export function statementsOf(list: readonly Explained[]): Set<string> {
  const own = list.flatMap(({ source, sql }) => (sql === null ? [] : [lineOf({ source, text: sql })]));
  return new Set([...own, ...list.flatMap(({ below }) => [...statementsOf(below)])]);
}

/** Statements that are sent only if a trigger or a check hides a written row. */
export function lacksOf(list: readonly Explained[]): Set<string> {
  const lacking = list.filter(({ when }) => when === 'some of them are missing');
  return new Set([...statementsOf(lacking), ...list.flatMap(({ below }) => [...lacksOf(below)])]);
}

/** `shop: select ...` */
export function lineOf({ source, text }: Sent): string {
  return `${source}: ${text}`;
}

/** The explanation of an operation; `null`: it is refused before it has a plan. */
export async function explanationOf(engine: RoleEngine, asked: Asked): Promise<readonly Explained[] | null> {
  return planOf(engine, asked)?.explain() ?? null;
}

function planOf(engine: RoleEngine, { query, variables, operationName }: Asked): PreparedPlan | null {
  const { document } = readDocument(engine.options.schema, query);
  if (document === null) return null;
  try {
    return engine.explain({ query, operationName: operationName ?? null, variables, document });
  } catch (error) {
    if (error instanceof FozError || error instanceof FozErrors) return null;
    throw error;
  }
}

/** Fails if the statements that were sent do not match the explanation. */
export function expectExplained(
  explained: readonly Explained[],
  sent: readonly Sent[],
  answer: string,
): void {
  const wrong = unforeseen(explained, sent, answer.startsWith('{"errors"'));
  expect(wrong === null ? null : `${wrong}\n${printExplained(explained)}\n${answer}`).toBeNull();
}

/**
 * Compares the sent statements with the explanation. Returns the first statement that is not foreseen at its position, or the
 * last unconditional statements if they were not sent; `null`: all match. `refused`: the operation ended early.
 */
function unforeseen(list: readonly Explained[], sent: readonly Sent[], refused: boolean): string | null {
  const reach = { furthest: 0 };
  const ends = after(list, new Set([0]), sent, reach);
  if (ends.has(sent.length) || (refused && reach.furthest === sent.length)) return null;
  const next = sent[reach.furthest];
  return next === undefined ? 'more was to be sent' : `not foreseen: ${lineOf(next)}`;
}

/** Positions in `sent` at which the list may end, for the positions at which it may start. */
function after(
  list: readonly Explained[],
  starts: ReadonlySet<number>,
  sent: readonly Sent[],
  reach: { furthest: number },
): ReadonlySet<number> {
  let places = starts;
  for (const entry of list)
    for (let time = 0; time < (entry.times ?? 1); time++) {
      const done = once(entry, places, sent, reach);
      places = entry.when === undefined ? done : new Set([...places, ...done]);
    }
  return places;
}

/** One limited select per parent row is joined by UNION ALL: reduces them to the first. */
function oneOfEach(text: string): string {
  return text.replace(/\) union all \(select [1-9].*$/s, ')');
}

function once(
  { sql, source, below }: Explained,
  starts: ReadonlySet<number>,
  sent: readonly Sent[],
  reach: { furthest: number },
): ReadonlySet<number> {
  if (sql === null) return after(below, starts, sent, reach);
  const unique = oneOfEach(sql);
  const fits = (at: number) => sent[at]?.source === source && oneOfEach(sent[at].text) === unique;
  const places = new Set([...starts].filter(fits).map((at) => at + 1));
  reach.furthest = Math.max(reach.furthest, ...places);
  // Without parent rows there are no statements for the levels below.
  const hanging = below.map((entry) => ({ ...entry, when: 'there are rows' }));
  return after(hanging, places, sent, reach);
}
