import { mkdtempSync } from 'node:fs';
import { type AddressInfo, connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Graphs, type SourceConfig, SourceRegistry, StoredCatalog } from '../../src/control/index.ts';
import { parseSourceName } from '../../src/core/index.ts';
import { connect } from '../../src/main.ts';
import { ask } from '../support/cases/run.ts';
import { sharedDatabase } from '../support/databases.ts';

/** A way to a database server that can be cut and mended. */
class Way {
  readonly #host: string;
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  port = 0;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  async open(): Promise<void> {
    const server = createServer((near) => {
      const far = connectTo(this.#port, this.#host);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => other.destroy()).on('close', () => this.#sockets.delete(one));
        one.pipe(other);
      }
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !condition(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(condition()).toBe(true);
}

test.each(['postgres', 'mysql', 'mariadb'] as const)(
  '%s: a source that is lost while serving is marked, told by its name, and comes back by itself',
  async (engine) => {
    const database = await sharedDatabase(engine, 'shop');
    const url = new URL(database.location);
    const way = new Way(url.hostname, Number(url.port));
    await way.open();
    url.hostname = '127.0.0.1';
    url.port = String(way.port);
    const name = parseSourceName('shop')!;
    const config: SourceConfig = { name, kind: engine, url: url.href };
    const connector = await connect(config);
    const stored = new StoredCatalog(mkdtempSync(join(tmpdir(), 'foz-lost-')));
    const registry = new SourceRegistry([{ name, config, connector }], stored);
    const [source] = registry.sources;
    await registry.start();
    const graphs = new Graphs({ sources: [config] }, registry);
    const query = '{ customers(limit: 1, order_by: [{ id: asc }]) { id } }';
    const answer = async () => JSON.parse(await ask(graphs.engine(), { query, variables: {} }));
    try {
      const before = await answer();
      expect(before.data.customers).toHaveLength(1);
      const graph = graphs.engine();

      await way.cut();
      await until(() => source!.status.state === 'unavailable');
      const down = await answer();
      expect([down.errors[0].extensions.code, down.errors[0].extensions.source]).toEqual([
        'unavailable',
        'shop',
      ]);

      await way.open();
      await until(() => source!.status.state === 'available');
      expect(await answer()).toEqual(before);
      // Nothing has changed meanwhile, so the graph and its plans are kept.
      expect(graphs.engine()).toBe(graph);
    } finally {
      await registry.close();
      await way.cut();
    }
  },
  60_000,
);
