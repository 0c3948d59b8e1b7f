import { connect } from '../../src/attach.ts';
import type { Connector } from '../../src/plan/index.ts';
import { type Case, casesOf } from '../support/cases/cases.ts';
import { attachment, connectTo, roleEngine, sourceName } from '../support/cases/instance.ts';
import { hindrance } from '../support/cases/needs.ts';
import { ask } from '../support/cases/run.ts';
import { freshDatabase, sharedDatabase } from '../support/databases.ts';
import { standInLacks } from '../support/engine/stand-in.ts';
import { serverUrl } from '../support/engines.ts';
import { type Exchange, storeConversation, storeRecorded } from '../support/recorded/conversation.ts';
import { noting } from '../support/recorded/record.ts';

/**
 * Records the conversations of the cases with a server that not everybody has, for `recorded.test.ts`:
 *
 *     FOZ_RECORD="Babelfish 4.4" FOZ_TEST_MSSQL_URL=mssql://... npm run test:servers -- --testPathPatterns cases/record
 */
const { FOZ_RECORD: server } = process.env;
const engine = 'mssql';
const patterns = { include: [], exclude: [] };

(server === undefined ? test.skip : test)(
  'records the cases',
  async () => {
    serverUrl(engine);
    const [shop, support] = [
      await freshDatabase(engine, 'shop', 'shop_recorded'),
      await sharedDatabase('sqlite', 'support'),
    ];
    const [plain, desk] = [await connectTo(shop), await connectTo(support)];
    let exchanges: Exchange[] = [];
    const noted = noting(plain, (exchange) => exchanges.push(exchange));
    const facts = await plain.introspect(
      { namespaces: patterns, tables: patterns },
      AbortSignal.timeout(60_000),
    );
    const connector: Connector = { ...noted, introspect: async () => facts };
    const asked = await roleEngine(
      new Map([
        [sourceName('shop'), connector],
        [sourceName('support'), desk],
      ]),
      attachment({}),
    );
    const { schema } = asked.options;
    const topics = new Map<string, Record<string, Exchange[]>>();
    for (const one of recordable(casesOf(() => true))) {
      if (hindrance(one.options, { engine, capabilities: plain.capabilities, schema }) !== null) continue;
      if (standInLacks(engine, one.name) !== undefined) continue;
      exchanges = [];
      await ask(asked, {
        query: one.query,
        variables: one.variables,
        operationName: one.options.operationName,
      });
      const { after, tables = [] } = one.options;
      if (after !== undefined) await ask(asked, { query: after, variables: {} });
      if (tables.length > 0) await shop.reset(tables);
      if (exchanges.length === 0) continue;
      const [topic, name] = one.name.split('/') as [string, string];
      topics.set(topic, { ...topics.get(topic), [name]: exchanges });
    }
    for (const [topic, cases] of topics) storeConversation(engine, topic, { cases });
    storeRecorded(engine, { server: server!, date: new Date().toISOString().slice(0, 10), facts });
    await Promise.all([plain.close(), desk.close()]);
    await Promise.all([shop.drop(), support.drop()]);
  },
  1_800_000,
);

/** Cases of the plain attachment that the engine answers as all do. */
function recordable(cases: readonly Case[]): readonly Case[] {
  return cases.filter(
    ({ options }) => options.variant === undefined && options.except?.[engine] === undefined,
  );
}

test('a connector to the engine can be made', async () => {
  const connector = await connect({ name: 'shop', kind: engine, url: 'mssql://u:p@127.0.0.1/shop' });
  expect(connector.engine).toBe(engine);
  await connector.close();
});
