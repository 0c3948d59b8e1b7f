import { pino } from 'pino';
import { type Started, start } from '../../../src/main.ts';
import { type StorePlace, storePlace } from '../../store/place.ts';
import { describeEngines } from '../../support/engines.ts';
import { untilRead } from '../../support/ready.ts';
import { until } from '../../support/wait.ts';

describeEngines(['postgres'], () => {
  let place: StorePlace;
  const both: Started[] = [];
  /** The admin secret that the first process has created. */
  let admin: string;
  beforeAll(async () => {
    place = await storePlace('postgres');
    const former = process.env.FOZ_MASTER_KEY;
    process.env.FOZ_MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
    for (const state of ['a', 'b']) {
      const server = await start(
        {
          state: `${place.folder}/${state}`,
          store: { url: place.url! },
          server: { port: 0, graphiql: false },
          auth: {},
          sources: [],
        },
        { logger: pino({ level: 'silent' }) },
      );
      await untilRead(server);
      both.push(server);
    }
    admin = both[0]!.authentication.newAdminSecret!;
    if (former === undefined) delete process.env.FOZ_MASTER_KEY;
    else process.env.FOZ_MASTER_KEY = former;
  }, 60_000);
  afterAll(async () => {
    for (const server of both) await server.close(0);
    await place?.drop();
  });

  const ask = async (at: number, query: string, secret = admin) => {
    const response = await fetch(`${both[at]!.url}control/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
      body: JSON.stringify({ query }),
    });
    const { data, errors = [] } = (await response.json()) as {
      // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes are looked at
      data?: any;
      errors?: { extensions: { code: string } }[];
    };
    return { data, codes: errors.map(({ extensions }) => extensions.code) };
  };

  test('what one process sets holds in the other within two seconds', async () => {
    await ask(0, 'mutation { setSetting(name: "server.metrics", value: false) { name } }');
    const metrics = async (at: number) => (await fetch(`${both[at]!.url}metrics`)).status;
    expect(await metrics(0)).toBe(404);
    await until(async () => (await metrics(1)) === 404, 2_000);
    await ask(1, 'mutation { setSetting(name: "server.metrics", value: null) { name } }');
    await until(async () => (await metrics(0)) === 200, 2_000);
  });

  test('of two that set the same at once one is refused, or both follow one another', async () => {
    const set = (at: number, value: number) =>
      ask(at, `mutation { setSetting(name: "plan_cache", value: ${value}, revision: 0) { revision } }`);
    const answers = await Promise.all([set(0, 5), set(1, 6)]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['conflict']);
  });

  test('two that end the last two admin secrets at once: one of them stays', async () => {
    const make = async (name: string) =>
      (await ask(0, `mutation { createAdminSecret(name: "${name}") }`)).data.createAdminSecret as string;
    const secrets = [await make('one'), await make('two')];
    const drop = (at: number, name: string) =>
      ask(at, `mutation { dropAdminSecret(name: "${name}") { declared } }`, secrets[1]);
    await drop(0, 'first-start');
    const isTaken = async (at: number, secret: string) =>
      (await ask(at, '{ __typename }', secret)).data !== undefined;
    await until(async () => (await isTaken(0, secrets[0]!)) && (await isTaken(1, secrets[1]!)), 2_000);
    const answers = await Promise.all([drop(0, 'one'), drop(1, 'two')]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['conflict']);
    const taken = async () => Promise.all(secrets.map((secret) => isTaken(0, secret)));
    await until(async () => (await taken()).filter(Boolean).length === 1, 2_000);
  });
});
