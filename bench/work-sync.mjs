// A sync: the first copy of a large table, and the delay of changes after it.
import { adminSecret, pause, spread, until, withFoz } from './work-place.mjs';

const table =
  'create table contacts (id integer primary key, name text not null, mail text, amount numeric(12, 2), stamp bigint not null)';
const urlOf = ({ user, host, port, database }) => `postgres://${user}@${host}:${port}/${database}`;

/** Copies rows from one database to another one, and then changes some. Resolves with sentences. */
export async function measureSync(left, right, storeUrl, { rows, direction, perSecond, seconds }) {
  await left.query(`${table}; create publication foz for table contacts;
    insert into contacts select n, 'name of the row ' || n, n || '@example.com', n * 0.25, 0 from generate_series(1, ${rows}) n`);
  await right.query(table);
  if (direction === 'both') await right.query('create publication foz for table contacts');
  const side = (source) => ({ source, table: 'contacts' });
  const config = {
    ...(storeUrl && { store: { url: storeUrl } }),
    sources: [
      { name: 'shop', kind: 'postgres', url: urlOf(left) },
      { name: 'crm', kind: 'postgres', url: urlOf(right) },
    ],
    metadata: {
      tables: [],
      syncs: [
        {
          ...{ name: 'bench', direction, left: side('shop'), right: side('crm'), key: ['id'] },
          columns: ['name', 'mail', 'amount', 'stamp'],
        },
      ],
    },
  };
  return withFoz(config, async (foz) => {
    const startedAt = performance.now();
    let firstAt = null;
    await until(async () => {
      await pause(100);
      firstAt ??= (await isEmpty(right)) ? null : performance.now();
      return firstAt !== null && (await isFollowing(foz));
    }, 900_000);
    const copied = Number((await right.query('select count(*) from contacts')).rows[0].count);
    if (copied !== rows) throw new Error(`${copied} of ${rows} rows were copied.`);
    const rate = (rows * 1000) / (performance.now() - firstAt);
    const wait = ((firstAt - startedAt) / 1000).toFixed(1);
    const delays = await delaysOf(left, right, { rows, perSecond, seconds });
    return [
      `${rows} rows copied, ${Math.round(rate)} per second (the first ones ${wait} s after the start)`,
      `${perSecond} changes per second: ${spread(delays)}`,
    ];
  });
}

async function isEmpty(client) {
  return (await client.query('select 1 from contacts limit 1')).rows.length === 0;
}

async function isFollowing(foz) {
  const response = await fetch(`${foz}control/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-foz-admin-secret': adminSecret },
    body: JSON.stringify({ query: '{ syncs { state } }' }),
  });
  const { data } = await response.json();
  return data?.syncs[0]?.state.toLowerCase() === 'following';
}

/** From the confirmation of a commit on the left side to the notification about the commit on the right side. */
async function delaysOf(left, right, { rows, perSecond, seconds }) {
  await right.query(`create function told() returns trigger language plpgsql as
    $$ begin perform pg_notify('told', new.stamp::text); return null; end $$;
    create trigger told after insert or update on contacts for each row execute function told(); listen told`);
  const seen = new Map();
  right.on('notification', ({ payload }) => seen.set(Number(payload), performance.now()));
  const committed = new Map();
  const startedAt = performance.now();
  for (let stamp = 1; stamp <= perSecond * seconds; stamp++) {
    const due = startedAt + (stamp * 1000) / perSecond - performance.now();
    if (due > 0) await pause(due);
    // Each row is changed once, so that no change is skipped.
    await left.query('update contacts set stamp = $1 where id = $2', [stamp, 1 + ((stamp * 7_919) % rows)]);
    committed.set(stamp, performance.now());
  }
  await until(() => [...committed.keys()].every((stamp) => seen.has(stamp)), 120_000);
  return [...committed].map(([stamp, at]) => Math.max(0, seen.get(stamp) - at));
}
