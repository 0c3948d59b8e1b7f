import { createHash } from 'node:crypto';
import { FozError } from '../core/index.ts';
import type { Connector, RunContext, Runner } from '../plan/index.ts';
import { onceTable } from '../sql/index.ts';
import { bindNative } from './native.ts';

/** The longest answer that is kept, in characters. */
const longestAnswer = 4_000_000;

/** The statement that makes the table. */
export function onceSetup({ native }: Connector): string {
  return `create table ${onceTable} (id varchar(64) not null primary key, at bigint not null, answer ${native?.longText ?? 'text'})`;
}

/** The statement that removes it. */
export const onceRemoval = `drop table ${onceTable}`;

/**
 * Does writes within a transaction, unless writes with this id were committed before. Resolves with the answer of `body`, or with the recorded one.
 * A row with the id is inserted before the writes: a second process waits for the first, and finds its answer or does the writes. Rejects with FozError
 * `conflict` where the transaction has to be done again to see what another one has committed.
 */
export async function onceWithin(
  connector: Connector,
  runner: Runner,
  context: RunContext,
  id: string,
  body: () => Promise<string>,
): Promise<string> {
  // The answer may be recorded by any process, so its row does not count among the bytes of the request.
  const own = { signal: context.signal, timeoutMs: context.timeoutMs };
  const run = (text: string, params: Readonly<Record<string, unknown>>) => {
    const { statement, values } = bindNative(connector, { text, params });
    return runner.run(statement, values, own);
  };
  const key = createHash('sha256').update(id).digest('hex');
  const known = await run(`select answer from ${onceTable} where id = :key`, { key }).catch(missing);
  used.add(connector);
  const answer = known.rows[0]?.[0];
  if (answer !== undefined && answer !== null) return String(answer);
  await run(`insert into ${onceTable} (id, at) values (:key, :at)`, { key, at: Date.now() }).catch(met);
  const text = await body();
  if (text.length > longestAnswer)
    throw new FozError(
      'limit-exceeded',
      `The answer of writes that are done once has ${text.length} characters; at most ${longestAnswer} are kept.`,
    );
  await run(`update ${onceTable} set answer = :text where id = :key`, { key, text });
  return text;
}

/** The databases in which this process has found the table. */
const used = new WeakSet<Connector>();

/** Removes the rows of older writes from a database whose table this process uses: those writes would be done again. */
export async function forgetOnce(connector: Connector, ageMs: number): Promise<void> {
  if (!used.has(connector)) return;
  const context = { signal: AbortSignal.timeout(60_000), timeoutMs: null };
  const { statement, values } = bindNative(connector, {
    text: `delete from ${onceTable} where at < :before`,
    params: { before: Date.now() - ageMs },
  });
  await connector.transaction('write', context, (runner) => runner.run(statement, values, context));
}

/** Where the statement was refused, the table is not there, or may not be used. */
function missing(error: unknown): never {
  const isRefused = error instanceof FozError && !['unavailable', 'timeout', 'conflict'].includes(error.code);
  if (!isRefused) throw error;
  throw new FozError(
    'not-supported',
    `The source keeps no record of writes that are done once: the table ${onceTable} cannot be read. "foz workflow setup" makes it.`,
    { internal: error.internal, cause: error },
  );
}

/** Another transaction has committed the same writes in between. */
function met(error: unknown): never {
  if (!(error instanceof FozError) || error.code !== 'constraint-violation') throw error;
  throw new FozError('conflict', 'The same writes were committed by another process.', { cause: error });
}
