import { onServer, type StorePlace, storePlace } from '../../store/place.ts';
import { connect as connectTo } from '../../support/connect.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { describeEngines } from '../../support/engines.ts';
import { until } from '../../support/wait.ts';
import { attachSource, type Running, running } from './runtime.ts';

describeEngines(['postgres'], () => {
  let place: StorePlace;
  let database: TestDatabase;
  let both: [Running, Running];
  beforeAll(async () => {
    place = await storePlace('postgres');
    database = await freshDatabase('postgres', 'shop');
    const own = await connectTo('postgres', database.location);
    await own.execute('create table attached (id integer primary key)');
    await own.close();
    const one = (state: string) => running({ state: `${place.folder}/${state}`, store: { url: place.url! } });
    const former = process.env.FOZ_MASTER_KEY;
    process.env.FOZ_MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
    both = [await one('a'), await one('b')];
    if (former === undefined) delete process.env.FOZ_MASTER_KEY;
    else process.env.FOZ_MASTER_KEY = former;
  }, 60_000);
  afterAll(async () => {
    for (const { server } of both ?? []) await server.close(0);
    await database?.drop();
    await place?.drop();
  });

  const served = async (foz: Running) => (await foz.ask('{ attached { id } }')).data !== undefined;
  /** A user of the database with a password that the test searches for in logs and answers. */
  const password = 'hunter2-never-shown';
  const url = (more = '') => {
    const address = new URL(database.location);
    address.password = password;
    return `${address.href}${more}`;
  };

  test('what one process attaches the other serves within two seconds, and the same for its end', async () => {
    const [first, second] = both;
    const answer = await first.control(attachSource, {
      name: 'shop',
      kind: 'postgres',
      settings: { url: url() },
    });
    expect(answer.data.attachSource).toMatchObject({
      state: 'available',
      tables: expect.any(Number),
      owner: 'store',
    });
    expect(answer.text).toContain('***');
    expect(await served(first)).toBe(true);
    await until(() => served(second), 2_000);
    const known = (await second.control('{ sources { name revision settings { url } } }')).text;
    expect(known).toContain('"revision":1');
    await second.control('mutation { detachSource(name: "shop") }');
    expect(await served(second)).toBe(false);
    await until(async () => !(await served(first)), 2_000);
  });

  test('passwords are encrypted in the store and told nowhere', async () => {
    const [first] = both;
    const texts: string[] = [];
    const keep = async (answer: Promise<{ text: string }>) => texts.push((await answer).text);
    const settings = { url: url(), changes: { method: 'auto', url: url() } };
    await keep(first.control(attachSource, { name: 'shop', kind: 'postgres', settings }));
    await keep(
      first.control('{ sources { name reason settings { url tls { key } changes { method url } } } }'),
    );
    expect(texts[1]).toMatch(/"changes":{"method":"auto","url":"postgres:[^"]*\*\*\*/);
    const wrong = new URL(url());
    wrong.pathname = '/nowhere';
    await keep(
      first.control(
        'mutation ($url: String!) { testSource(kind: postgres, settings: {url: $url}) { reason } }',
        {
          url: wrong.href,
        },
      ),
    );
    await keep(
      first.control(
        'mutation ($url: String!) { updateSource(name: "shop", settings: {url: $url}) { name } }',
        {
          url: wrong.href,
        },
      ),
    );
    await keep(first.control('{ audit { entries { operation } } }'));
    await first.control('mutation { detachSource(name: "shop") }');
    const store = await Promise.all(
      ['sources', 'secrets', 'audit', 'changes'].map(async (table) =>
        JSON.stringify(await onServer(place.url!, `select * from foz.${table}`)),
      ),
    );
    expect(texts[0]).toContain('"state":"available"');
    expect(texts[3]).toContain('unavailable');
    const all = [...texts, ...store, ...first.logged].join('\n');
    expect(all).toContain('source.attach');
    expect(all).not.toContain(password);
    expect(await onServer(place.url!, `select id from foz.secrets where id like 'source/%'`)).toEqual([]);
  });

  test('what following has left in a database is in the log when its source is detached', async () => {
    const [first] = both;
    const own = await connectTo('postgres', database.location);
    await own.execute('create publication foz for table attached');
    await first.control(attachSource, { name: 'shop', kind: 'postgres', settings: { url: url() } });
    await first.control('mutation { detachSource(name: "shop") }');
    await until(() => first.logged.some((line) => line.includes('drop publication \\"foz\\"')));
    await own.execute('drop publication foz');
    await own.close();
  });

  test('of two processes that change a source at once, each change is one revision', async () => {
    const [first, second] = both;
    await first.control(attachSource, { name: 'shop', kind: 'postgres', settings: { url: url() } });
    await until(() => served(second), 5_000);
    const update = (foz: Running, max: number) =>
      foz.control(
        'mutation ($max: SafeInt!) { updateSource(name: "shop", revision: 1, settings: {pool: {max: $max}}) { revision } }',
        { max },
      );
    const answers = await Promise.all([update(first, 3), update(second, 4)]);
    expect(answers.filter(({ data }) => data?.updateSource?.revision === 2)).toHaveLength(1);
    expect(answers.flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions.code))).toEqual([
      'conflict',
    ]);
    await first.control('mutation { detachSource(name: "shop") }');
  });
});
