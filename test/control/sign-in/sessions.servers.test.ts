import { pino } from 'pino';
import { endSession, endSessionsOfUser, sessionsOf } from '../../../src/control/index.ts';
import { type Started, start } from '../../../src/main.ts';
import { type Client, open } from '../../serve/socket/client.ts';
import { type StorePlace, storePlace } from '../../store/place.ts';
import { describeEngines } from '../../support/engines.ts';
import { untilRead } from '../../support/ready.ts';
import { until } from '../../support/wait.ts';
import { Browser } from './browser.ts';
import { OidcServer } from './oidc-server.ts';

const actor = { kind: 'system', id: 'test', role: null } as const;
/** The time after which an end holds in every process. */
const endMs = 2_000;

describeEngines(['postgres'], () => {
  const provider = new OidcServer();
  const both: Started[] = [];
  let place: StorePlace;

  beforeAll(async () => {
    await provider.start();
    provider.person = 'ada';
    provider.people.set('ada', { name: 'Ada' });
    place = await storePlace('postgres');
    const former = process.env.FOZ_MASTER_KEY;
    process.env.FOZ_MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
    for (const state of ['a', 'b']) {
      const server = await start(
        {
          state: `${place.folder}/${state}`,
          store: { url: place.url! },
          server: { port: 0, graphiql: false },
          auth: {
            admin_secrets: ['a secret of some length'],
            providers: [
              { ...provider.client, name: 'company', protocol: 'oidc', roles: { everyone: ['reader'] } },
            ],
          },
          sources: [],
        },
        { logger: pino({ level: 'silent' }) },
      );
      await untilRead(server);
      both.push(server);
    }
    if (former === undefined) delete process.env.FOZ_MASTER_KEY;
    else process.env.FOZ_MASTER_KEY = former;
    provider.register(both[0]!.url, ['company']);
  }, 90_000);
  afterAll(async () => {
    for (const server of both) await server.close(0);
    provider.stop();
    await place?.drop();
  });

  /** Signs in at the first process. Returns the cookie and the id of the user. */
  async function signedIn() {
    const browser = new Browser();
    const home = new URL(both[0]!.url);
    await browser.go(
      new URL('/auth/company/login', home),
      ({ host, pathname }) => host === home.host && pathname === '/',
    );
    const cookie = `foz_session=${browser.jar(home).get('foz_session')}`;
    const { id } = await who(0, cookie);
    return { cookie, id: id as string };
  }

  async function who(at: number, cookie: string): Promise<{ status: number; id?: unknown }> {
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    const response = await fetch(new URL('/auth/session', both[at]!.url), { headers });
    return { ...((await response.json()) as object), status: response.status };
  }

  /** A WebSocket of a page of that process. */
  async function socketOf(at: number, cookie: string): Promise<Client> {
    const { url } = both[at]!;
    return (await open(url, { headers: { cookie, origin: new URL(url).origin } })).init();
  }

  test('a session holds for WebSockets and in the other process; its end closes them there within two seconds', async () => {
    const { cookie, id } = await signedIn();
    expect(await who(1, cookie)).toMatchObject({ status: 200, id });
    const sockets = [await socketOf(0, cookie), await socketOf(1, cookie)];
    for (const socket of sockets) expect(socket.messages).toContainEqual({ type: 'connection_ack' });
    const [session] = await sessionsOf(both[0]!.plane!, id);
    const start = performance.now();
    await endSession(both[0]!.plane!, actor, session!.id);
    expect((await who(0, cookie)).status).toBe(401);
    await until(() => sockets.every(({ closed }) => closed !== null), endMs);
    await until(async () => (await who(1, cookie)).status === 401, endMs - (performance.now() - start));
    expect(sockets.map(({ closed }) => closed!.code)).toEqual([4403, 4403]);
  });

  test('the end of one session leaves those of others open', async () => {
    const { cookie, id } = await signedIn();
    provider.people.set('bob', { name: 'Bob' });
    provider.person = 'bob';
    const other = await signedIn();
    provider.person = 'ada';
    const socket = await socketOf(1, other.cookie);
    await endSessionsOfUser(both[0]!.plane!, actor, id);
    await until(async () => (await who(1, cookie)).status === 401, endMs);
    expect((await who(1, other.cookie)).status).toBe(200);
    expect(socket.closed).toBeNull();
    socket.socket.close();
  });

  test('a page of another origin opens no WebSocket with the cookie', async () => {
    const { cookie } = await signedIn();
    const { url } = both[0]!;
    const opened = open(url, { headers: { cookie, origin: 'https://evil.example' } });
    await expect(opened.then((client) => client.init())).rejects.toThrow();
  });
});
