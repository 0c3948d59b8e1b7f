import { setTimeout as sleep } from 'node:timers/promises';
import { connectorTo } from './connector.ts';
import { randomFrom } from './random.ts';

/** Writes random transactions to the table `k` until it is killed. Several writers share twelve rows, so that their transactions conflict. */
const [engine, location, seed] = process.argv.slice(2) as [string, string, string];
const random = randomFrom(Number(seed));
const connector = connectorTo(engine, location);
const isMysql = engine === 'mysql' || engine === 'mariadb';
const context = { signal: new AbortController().signal, timeoutMs: null };
const whole = (most: number) => Math.floor(random() * most);

function statement(): string {
  const id = 1 + whole(12);
  switch (whole(5)) {
    case 0:
      return `insert ${isMysql ? 'ignore ' : ''}into k values (${id}, 0, 'new ${whole(1000)}')${isMysql ? '' : ' on conflict (id) do nothing'}`;
    case 1:
      return `delete from k where id = ${id}`;
    case 2:
      return `update k set n = n + 1 where id between ${id} and ${id + 3}`;
    default:
      return `update k set n = n + 1, note = 'note ${whole(1000)}' where id = ${id}`;
  }
}

for (;;) {
  // Others get the lock of the file, too.
  await sleep(random() * 5);
  const isKept = random() > 0.2;
  await connector
    .transaction('write', context, async (runner) => {
      for (let left = 1 + whole(4); left > 0; left--)
        await runner.run({ text: statement(), slots: [] }, [], context);
      if (!isKept) throw new Error('rolled back');
    })
    // A deadlock, or a transaction that is rolled back on purpose.
    .catch(() => {});
}
