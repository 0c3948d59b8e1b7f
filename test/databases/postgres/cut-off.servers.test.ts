import { connect, createServer, type Server, type Socket } from 'node:net';
import { HeldBytes } from '../../../src/core/index.ts';
import { connectPostgres } from '../../../src/databases/postgres/index.ts';
import type { Connector, RunContext } from '../../../src/plan/index.ts';
import { serverUrl } from '../../support/engines.ts';
import { ask, patient } from './support.ts';

/** A server does not stop in the middle of a row. The rest of a long one is not read once nobody waits for it. */

const longBytes = 32_000_000;
const most = 24_000_000;

/** Passes connections on to the server and counts what comes back. */
class Passage {
  readonly #server: Server;
  readonly #target = new URL(serverUrl('postgres'));
  #bytes = 0;
  #connections = 0;
  /** Called once, when so many bytes have come; the answer waits until the promise resolves. */
  #pause: { readonly after: number; readonly until: () => Promise<void> } | null = null;
  /** Resolves when the next connection is over: the one of a cancel request. */
  #onEnd: (() => void) | null = null;

  constructor() {
    this.#server = createServer((client) => this.#pass(client));
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const url = new URL(this.#target);
    url.port = String((this.#server.address() as { port: number }).port);
    return url.href;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Counts anew. */
  restart(): void {
    this.#bytes = 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  pauseAfter(after: number, until: () => Promise<void>): void {
    this.#pause = { after, until };
  }

  nextEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }

  close(): void {
    this.#server.close();
  }

  #pass(client: Socket): void {
    this.#connections++;
    const server = connect(Number(this.#target.port), this.#target.hostname);
    client.pipe(server);
    server.on('data', (bytes) => {
      this.#bytes += bytes.length;
      if (!client.write(bytes)) server.pause();
      const pause = this.#pause;
      if (pause === null || this.#bytes < pause.after) return;
      this.#pause = null;
      server.pause();
      client.removeAllListeners('drain');
      void pause.until().then(() => {
        client.on('drain', () => server.resume());
        server.resume();
      });
    });
    client.on('drain', () => server.resume());
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        other.destroy();
        if (one === client) this.#onEnd?.();
      });
    }
  }
}

describe('a statement whose rows nobody waits for', () => {
  const passage = new Passage();
  let connector: Connector;
  beforeAll(async () => {
    connector = connectPostgres({ connection: await passage.open(), poolSize: 1 });
    await connector.ping(patient.signal);
  });
  beforeEach(() => passage.restart());
  afterAll(async () => {
    await connector.close();
    passage.close();
  });

  const long = `select repeat('x', ${longBytes})`;
  /** Ends the request while its answer arrives: the rest comes after the server has been told. */
  function leaving(): RunContext {
    const request = new AbortController();
    passage.pauseAfter(1_000_000, async () => {
      const told = passage.nextEnd();
      request.abort();
      await told;
    });
    return { signal: request.signal, timeoutMs: null };
  }
  const works = async () => expect(await ask(connector, 'select 1')).toEqual([['1']]);

  test('one row beyond the held bytes', async () => {
    const context = { ...patient, held: new HeldBytes(1_000_000) };
    await expect(ask(connector, long, [], context)).rejects.toMatchObject({ code: 'limit-exceeded' });
    expect(passage.bytes).toBeLessThan(most);
    await works();
  });

  test('one row, within a snapshot', async () => {
    const context = { ...patient, held: new HeldBytes(1_000_000) };
    const reading = connector.transaction('read', context, (runner) => ask(runner, long, [], context));
    await expect(reading).rejects.toMatchObject({ code: 'limit-exceeded' });
    expect(passage.bytes).toBeLessThan(most);
    await works();
  });

  test('one row, and the client has left', async () => {
    await expect(ask(connector, long, [], leaving())).rejects.toMatchObject({ code: 'timeout' });
    expect(passage.bytes).toBeLessThan(most);
    await works();
  });

  test('many rows, and the client has left: the connection stays', async () => {
    await works();
    const before = passage.connections;
    const rows = "select n, repeat('x', 400) from generate_series(1, 200000) n";
    await expect(ask(connector, rows, [], leaving())).rejects.toMatchObject({ code: 'timeout' });
    expect(passage.bytes).toBeLessThan(most);
    await works();
    // One more: the cancel request.
    expect(passage.connections).toBe(before + 1);
  });

  test('a write that commits by itself is read to its end and told as stored', async () => {
    await ask(connector, 'create table if not exists cut_off (id int primary key)');
    const context = { ...patient, held: new HeldBytes(1_000_000) };
    const text = `insert into cut_off values (1) returning repeat('x', ${longBytes})`;
    const { withheld } = await connector.run({ text, slots: [] }, [], context);
    expect(withheld).toMatchObject({ code: 'limit-exceeded' });
    expect(passage.bytes).toBeGreaterThan(longBytes);
    expect(await ask(connector, 'select id from cut_off')).toEqual([['1']]);
    await ask(connector, 'drop table cut_off');
  });
});
