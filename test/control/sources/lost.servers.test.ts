import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { connect } from '../../../src/attach.ts';
import type { FozConfig } from '../../../src/control/index.ts';
import { parseSourceName } from '../../../src/core/index.ts';
import { type Started, start } from '../../../src/main.ts';
import type { SourceConfig } from '../../../src/views/index.ts';
import { Graphs, SourceRegistry, StoredCatalog } from '../../../src/views/index.ts';
import { ask } from '../../support/cases/run.ts';
import { CuttableProxy } from '../../support/cuttable-proxy.ts';
import { sharedDatabase } from '../../support/databases.ts';
import { until } from '../../support/wait.ts';

const query = '{ customers(limit: 1, order_by: [{ id: asc }]) { id } }';

test.each(['postgres', 'mysql', 'mariadb'] as const)(
  '%s: a source that is lost while serving is marked, told by its name, and comes back by itself',
  async (engine) => {
    const database = await sharedDatabase(engine, 'shop');
    const proxy = new CuttableProxy(database.location);
    const name = parseSourceName('shop')!;
    const config: SourceConfig = { name, kind: engine, url: await proxy.open() };
    const connector = await connect(config);
    const stored = new StoredCatalog(mkdtempSync(join(tmpdir(), 'foz-lost-')), 'writes');
    const registry = new SourceRegistry([{ name, config, connector }], stored);
    const [source] = registry.sources;
    await registry.start();
    const graphs = new Graphs({}, registry);
    const answer = async () => JSON.parse(await ask(graphs.engine(), { query, variables: {} }));
    try {
      const before = await answer();
      expect(before.data.customers).toHaveLength(1);
      const graph = graphs.engine();

      await proxy.cut();
      const down = await answer();
      // The failed statement reported the loss, before the next ping.
      expect(source!.status.state).toBe('unavailable');
      expect([down.errors[0].extensions.code, down.errors[0].extensions.source]).toEqual([
        'unavailable',
        'shop',
      ]);

      await proxy.open();
      await until(() => source!.status.state === 'available');
      expect(await answer()).toEqual(before);
      // Nothing has changed meanwhile, so the graph and its plans are kept.
      expect(graphs.engine()).toBe(graph);
    } finally {
      await registry.close();
      await proxy.cut();
    }
  },
  60_000,
);

test.each(['postgres', 'mysql', 'mariadb'] as const)(
  '%s: a host that does not answer does not hold up the start of the others, and comes by itself',
  async (engine) => {
    const database = await sharedDatabase(engine, 'shop');
    const other = await sharedDatabase('sqlite', 'support');
    const proxy = new CuttableProxy(database.location);
    const state = mkdtempSync(join(tmpdir(), 'foz-silent-'));
    const config = {
      server: { port: 0, graphiql: false },
      state,
      sources: [
        { name: 'shop', kind: engine, url: await proxy.silence() },
        { name: 'support', kind: 'sqlite', path: other.location, readonly: true },
      ],
    } satisfies FozConfig;
    const logger = pino({ level: 'silent' });
    const customers = async ({ attached }: Started) =>
      JSON.parse(await ask(attached.graphs.engine(), { query, variables: {} }));
    const states = ({ attached }: Started) => attached.registry.sources.map(({ status }) => status.state);

    const begun = performance.now();
    const first = await start(config, { logger });
    try {
      expect(performance.now() - begun).toBeLessThan(6_000);
      expect(states(first)).toEqual(['unavailable', 'available']);
      expect((await customers(first)).errors[0].extensions.code).toBe('validation-failed');
      await proxy.open();
      await until(() => states(first)[0] === 'available');
      expect((await customers(first)).data.customers).toHaveLength(1);
    } finally {
      await first.close(0);
    }

    // The source has been introspected, so its current tables are known.
    await proxy.silence();
    const again = performance.now();
    const second = await start(config, { logger });
    try {
      expect(performance.now() - again).toBeLessThan(6_000);
      expect(states(second)).toEqual(['unavailable', 'available']);
      const graph = second.attached.graphs.engine();
      await proxy.open();
      await until(() => states(second)[0] === 'available');
      expect((await customers(second)).data.customers).toHaveLength(1);
      expect(second.attached.graphs.engine()).toBe(graph);
    } finally {
      await second.close(0);
      await proxy.cut();
    }
  },
  90_000,
);
