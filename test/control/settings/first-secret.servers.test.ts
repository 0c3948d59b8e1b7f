import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { mintAdminSecret, sha256Of } from '../../../src/auth/index.ts';
import type { FozConfig } from '../../../src/control/index.ts';
import { type Started, start } from '../../../src/main.ts';
import { type StorePlace, storePlace } from '../../store/place.ts';
import { CuttableProxy } from '../../support/cuttable-proxy.ts';
import { describeEngines } from '../../support/engines.ts';
import { untilRead } from '../../support/ready.ts';
import { until } from '../../support/wait.ts';
import { fozOver, fozProgram } from '../edit/processes.ts';

const former = process.env.FOZ_MASTER_KEY;

describeEngines(['postgres'], () => {
  let place: StorePlace;
  let servers: Started[] = [];
  beforeAll(() => {
    process.env.FOZ_MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
  });
  afterAll(() => {
    if (former === undefined) delete process.env.FOZ_MASTER_KEY;
    else process.env.FOZ_MASTER_KEY = former;
  });
  beforeEach(async () => {
    place = await storePlace('postgres');
  });
  afterEach(async () => {
    for (const server of servers) await server.close(0);
    servers = [];
    await place.drop();
  });

  async function begin(state: string, url = place.url!, auth: FozConfig['auth'] = {}): Promise<Started> {
    const config: FozConfig = {
      state: join(place.folder, state),
      store: { url },
      server: { port: 0, graphiql: false },
      auth,
      audit: false,
      sources: [],
    };
    const server = await start(config, { logger: pino({ level: 'silent' }) });
    servers.push(server);
    return server;
  }
  const file = (state: string) => join(place.folder, state, 'admin-secret.sha256');
  const kept = (state: string) => readFileSync(file(state), 'utf8').trim();
  function keep(state: string, secret: string): void {
    mkdirSync(join(place.folder, state), { recursive: true });
    writeFileSync(file(state), `${sha256Of(secret)}\n`);
  }
  async function ask({ url }: { readonly url: string }, secret: string, query = '{ __typename }') {
    const response = await fetch(`${url}control/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
      body: JSON.stringify({ query }),
    });
    return { status: response.status, text: await response.text() };
  }
  const opens = async (server: { readonly url: string }, secret: string) =>
    (await ask(server, secret)).status === 200;

  test('of processes that start at once one shows a secret, and all of them take it, until one ends it', async () => {
    const states = ['a', 'b', 'c'];
    const three = await Promise.all(states.map((state) => begin(state)));
    await Promise.all(three.map(untilRead));
    const shown = three.flatMap(({ authentication: { newAdminSecret: made } }) =>
      made === null ? [] : [made],
    );
    expect(shown).toHaveLength(1);
    const [secret] = shown as [string];
    for (const server of three) await until(() => opens(server, secret), 2_000);
    for (const state of states) await until(() => kept(state) === sha256Of(secret), 2_000);

    const program = await fozProgram();
    const other = await fozOver(program.file, place, 'process', { auth: {}, sources: [] });
    try {
      expect(await opens(other, secret)).toBe(true);
      const { text } = await ask(other, secret, 'mutation { createAdminSecret(name: "next") }');
      const next = JSON.parse(text).data.createAdminSecret;
      for (const server of three) await until(() => opens(server, next), 2_000);
      const drop = 'mutation { dropAdminSecret(name: "first-start") { adminSecrets { name owner } } }';
      expect(JSON.parse((await ask(three[0]!, next, drop)).text)).toEqual({
        data: { dropAdminSecret: { adminSecrets: [{ name: 'next', owner: 'store' }] } },
      });
      for (const server of [...three, other])
        await until(async () => (await ask(server, secret)).status === 401, 2_000);
      for (const state of [...states, 'process']) await until(() => kept(state) === 'dropped', 2_000);
      const later = await begin('later');
      await untilRead(later);
      expect(later.authentication.newAdminSecret).toBeNull();
      expect([await opens(later, next), await opens(later, secret)]).toEqual([true, false]);
    } finally {
      await other.end();
      program.remove();
    }
  }, 120_000);

  test('a secret that a state folder holds already becomes that of all; another one counts where it is, until both are dropped', async () => {
    const [one, two] = [mintAdminSecret(), mintAdminSecret()];
    keep('a', one);
    keep('b', two);
    const a = await begin('a');
    const b = await begin('b');
    const c = await begin('c');
    for (const server of [a, b, c]) {
      await untilRead(server);
      expect(server.authentication.newAdminSecret).toBeNull();
    }
    const taken = async (secret: string) => Promise.all([a, b, c].map((server) => opens(server, secret)));
    expect([await taken(one), await taken(two)]).toEqual([
      [true, true, true],
      [false, true, false],
    ]);
    const next = JSON.parse((await ask(b, two, 'mutation { createAdminSecret(name: "next") }')).text).data
      .createAdminSecret;
    await ask(b, next, 'mutation { dropAdminSecret(name: "first-start") { declared } }');
    await until(async () => [...(await taken(one)), ...(await taken(two))].every((is) => !is), 2_000);
    expect([kept('b'), await opens(b, next)]).toEqual(['dropped', true]);
  }, 120_000);

  test('without the store the copy in the state folder lets admins in', async () => {
    const proxy = new CuttableProxy(place.url!);
    const url = await proxy.open();
    const first = await begin('a', url);
    await untilRead(first);
    const secret = first.authentication.newAdminSecret!;
    await first.close(0);
    await proxy.cut();
    const again = await begin('a', url);
    expect([again.authentication.newAdminSecret, await opens(again, secret)]).toEqual([null, true]);
  }, 120_000);

  test('a first start without the store: its secret counts, and stays where the store has none when it is back', async () => {
    const proxy = new CuttableProxy(place.url!);
    const url = await proxy.open();
    await proxy.cut();
    const early = await begin('a', url);
    const { newAdminSecret: secret, isProvisional } = early.authentication;
    expect([isProvisional, await opens(early, secret!)]).toEqual([true, true]);
    await proxy.open();
    await untilRead(early);
    await until(() => !early.authentication.isProvisional);
    expect([early.authentication.newAdminSecret, kept('a')]).toEqual([secret, sha256Of(secret!)]);
    const other = await begin('b');
    await untilRead(other);
    expect([other.authentication.newAdminSecret, await opens(other, secret!)]).toEqual([null, true]);
    await proxy.cut();
  }, 120_000);

  test('a first start without the store: its secret ends where the store has another one when it is back', async () => {
    const proxy = new CuttableProxy(place.url!);
    const url = await proxy.open();
    await proxy.cut();
    const early = await begin('a', url);
    const lost = early.authentication.newAdminSecret!;
    const other = await begin('b');
    await untilRead(other);
    const secret = other.authentication.newAdminSecret!;
    await proxy.open();
    await until(() => opens(early, secret));
    expect([await opens(early, lost), await opens(other, lost)]).toEqual([false, false]);
    expect([early.authentication.newAdminSecret, kept('a')]).toEqual([null, sha256Of(secret)]);
    await proxy.cut();
  }, 120_000);

  test('where an admin secret is configured, the first one does not count', async () => {
    const first = await begin('a');
    await untilRead(first);
    const secret = first.authentication.newAdminSecret!;
    const configured = 'a secret of some length';
    const other = await begin('b', place.url!, { admin_secrets: [configured] });
    await untilRead(other);
    expect([await opens(other, secret), await opens(other, configured)]).toEqual([false, true]);
    expect(JSON.parse((await ask(other, configured, '{ signIns { adminSecrets { name } } }')).text)).toEqual({
      data: { signIns: { adminSecrets: [{ name: 'admin-1' }] } },
    });
    await first.close(0);
    const again = await begin('a', place.url!, { admin_secrets: [configured] });
    await untilRead(again);
    expect([await opens(again, secret), await opens(again, configured)]).toEqual([false, true]);
  }, 120_000);
});
