import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuditLog } from '../../src/store/audit/index.ts';
import { lockStore } from '../../src/store/pglite/lock.ts';
import { keyRing, Secrets } from '../../src/store/secrets/index.ts';
import { openStore } from '../../src/store/store.ts';

/** Another process that uses a store. Reports in lines on stdout, and ends when its stdin does. */
const [task, url = '', folder = '', count = '0'] = process.argv.slice(2);
const say = (value: unknown) => console.log(JSON.stringify(value));
const actor = { kind: 'command', id: `process ${process.pid}`, role: 'admin' } as const;

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  async migrate() {
    const store = openStore({ url, folder });
    say(await store.open());
    await store.close();
  },
  async follow() {
    const store = openStore({ url, folder });
    await store.onChange((change) => say(change)).started;
    say('ready');
    await inputEnd();
    await store.close();
  },
  async write() {
    const store = openStore({ url, folder });
    const { version } = await store.readMetadata();
    await store.writeMetadata(version, { by: process.pid }, actor);
    await store.close();
  },
  async audit() {
    const store = openStore({ url, folder });
    const log = new AuditLog({ store, secrets: new Secrets(store, keyRing(folder, process.env)), folder });
    const events = Array.from({ length: Number(count) }, (_, index) =>
      log.append({ kind: 'mutation', actor, operation: `op ${index}`, outcome: 'success' }),
    );
    await Promise.all(events);
    await log.close();
    await store.close();
  },
  async lock() {
    // With `again` in place of a URL it retries until it gets the lock.
    while (
      !(await lockStore(folder).then(
        () => true,
        (error) => {
          if (url !== 'again') throw error;
          say('refused');
          return false;
        },
      ))
    )
      await sleep(10);
    say('locked');
    await inputEnd();
  },
};

function inputEnd(): Promise<unknown> {
  return new Promise((resolve) => createInterface({ input: process.stdin }).on('close', () => resolve(null)));
}

await tasks[task ?? '']?.();
process.exit(0);
