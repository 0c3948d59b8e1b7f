import type { SourceName } from '../core/index.ts';
import { type Plan, type Root, type RunContext, type Runner, tablesRead } from '../plan/index.ts';
import { ofSource } from './fetch.ts';
import type { ConnectorOf } from './prepare.ts';

/**
 * Sources in the order in which every request takes their connections: by name. A request that holds a connection waits only for sources
 * later in this order, so requests cannot deadlock on connection pools.
 */
export function byConnectionOrder(sources: Iterable<SourceName>): SourceName[] {
  return [...new Set(sources)].sort((one, other) => (one < other ? -1 : 1));
}

/**
 * The sources whose connections a read holds to its end: those with several statements, which need one snapshot, and all sources before
 * them in the order. Each other source runs a single statement and comes later in the order than all held ones.
 */
export function heldSources(statements: ReadonlyMap<SourceName, number>): SourceName[] {
  const last = byConnectionOrder(
    [...statements].filter(([, count]) => count > 1).map(([source]) => source),
  ).at(-1);
  return last === undefined ? [] : byConnectionOrder(statements.keys()).filter((source) => source <= last);
}

/** The other sources from which the answer to these mutation fields is read. */
export function sourcesReadBack(roots: readonly Root[], own: SourceName): SourceName[] {
  const plan: Plan = { kind: 'mutation', steps: [], stepParams: [], roots };
  const names = tablesRead(plan, () => true).map(({ source }) => source.name);
  return byConnectionOrder(names).filter((name) => name !== own);
}

/**
 * Runs `body` in a write transaction of one source, with connections to the other sources that it reads from. All connections are taken in
 * order before the first statement, so no write waits for a connection while it holds row locks. They are released before the commit.
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
          // Its statements have reported any error already.
          return over.catch(() => {});
        },
      });
      return ended;
    });
    over.catch((error: unknown) => reject(ofSource(error, source)));
  });
}
