import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  truncateSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { FozError } from '../../../../src/core/index.ts';
import type { ChangeStream } from '../../../../src/plan/index.ts';
import { connectorTo } from './connector.ts';

/** Reads the outbox of a database into a journal: what is in it is on the disk before it is acknowledged. Ends only by being killed. */
const [engine, location, journal] = process.argv.slice(2) as [string, string, string];
const connector = connectorTo(engine, location);

/** A killed process may leave the lock for a moment. */
async function opened(): Promise<ChangeStream> {
  for (;;) {
    try {
      return await connector.changes!.follow({ method: 'triggers', keptAs: null });
    } catch {
      await sleep(50);
    }
  }
}

if (existsSync(journal)) truncateSync(journal, readFileSync(journal).lastIndexOf('\n') + 1);
const file = openSync(journal, 'a');
process.on('exit', () => closeSync(file));
for (;;)
  await read(await opened()).catch((error) => {
    if (!(error instanceof FozError)) throw error;
  });

/** For JSON.stringify: SQLite's integers are bigints, which JSON does not have. */
function spelled(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** Reads until the stream ends by an error, as where others hold the lock of the file for long. */
async function read(stream: ChangeStream): Promise<void> {
  let rows: unknown[] = [];
  try {
    for (;;)
      for (const message of await stream.next(new AbortController().signal)) {
        if (message.kind === 'row')
          rows.push([message.op, message.old?.values ?? null, message.new?.values ?? null]);
        if (message.kind !== 'commit') continue;
        appendFileSync(file, `${JSON.stringify({ position: message.position, rows }, spelled)}\n`);
        fsyncSync(file);
        rows = [];
        stream.acknowledge(message.position);
      }
  } finally {
    await stream.close();
  }
}
