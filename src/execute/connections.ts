import type { SourceName } from '../core/index.ts';
import { type Plan, type Root, type RunContext, type Runner, tablesRead } from '../plan/index.ts';
import { ofSource } from './fetch.ts';
import type { ConnectorOf } from './prepare.ts';

/**
 * Sources in the one order in which every request takes connections to several of them: by name. A request that holds a connection waits
 * only for sources that come later in this order, so that requests cannot wait for each other in a circle.
 */
export function inOrder(sources: Iterable<SourceName>): SourceName[] {
  return [...new Set(sources)].sort((one, other) => (one < other ? -1 : 1));
}

/**
 * The sources of a read that are held for as long as it runs: those that serve several statements, from one snapshot, and those that come
 * before one of these. The others are asked for one statement each, and come later in the order than all that is held.
 */
export function heldSources(statements: ReadonlyMap<SourceName, number>): SourceName[] {
  const last = inOrder([...statements].filter(([, count]) => count > 1).map(([source]) => source)).at(-1);
  return last === undefined ? [] : inOrder(statements.keys()).filter((source) => source <= last);
}

/** The sources that the answer of these mutation fields is read from, besides their own. */
export function sourcesReadBack(roots: readonly Root[], own: SourceName): SourceName[] {
  const plan: Plan = { kind: 'mutation', steps: [], stepParams: [], roots };
  const names = tablesRead(plan, () => true).map(({ source }) => source.name);
  return inOrder(names).filter((name) => name !== own);
}

/**
 * Runs `body` in a write transaction of one source, with connections to the sources that it reads from besides. All of them are taken in
 * order, before the first statement: while it has rows locked, a write waits for no connection. They are given back before it commits.
 */
export async function withWrite<T>(
  connectorOf: ConnectorOf,
  context: RunContext,
  { source, reads }: { readonly source: SourceName; readonly reads: readonly SourceName[] },
  body: (runners: ReadonlyMap<SourceName, Runner>) => Promise<T>,
): Promise<T> {
  const held: Held[] = [];
  const runners = new Map<SourceName, Runner>();
  const hold = async (name: SourceName) => {
    const one = await holdRead(connectorOf, context, name);
    held.push(one);
    runners.set(name, one.runner);
  };
  try {
    for (const name of reads) if (name < source) await hold(name);
    return await connectorOf(source).transaction('write', context, async (runner) => {
      runners.set(source, runner);
      for (const name of reads) if (name > source) await hold(name);
      const result = await body(runners);
      await letGo(held);
      return result;
    });
  } finally {
    await letGo(held);
  }
}

/** A connection of a source, in a read transaction that begins with its first statement. */
interface Held {
  readonly runner: Runner;
  end(): Promise<void>;
}

async function letGo(held: Held[]): Promise<void> {
  await Promise.all(held.splice(0).map((one) => one.end()));
}

function holdRead(connectorOf: ConnectorOf, context: RunContext, source: SourceName): Promise<Held> {
  return new Promise((resolve, reject) => {
    let end = () => {};
    const ended = new Promise<void>((settle) => {
      end = settle;
    });
    const over = connectorOf(source).transaction('read', context, (runner) => {
      resolve({
        runner,
        end() {
          end();
          // What went wrong with it was told by its statements.
          return over.catch(() => {});
        },
      });
      return ended;
    });
    over.catch((error: unknown) => reject(ofSource(error, source)));
  });
}
