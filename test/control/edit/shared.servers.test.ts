import { onServer, type StorePlace, storePlace } from '../../store/place.ts';
import { describeEngines } from '../../support/engines.ts';
import { pause, until } from '../../support/wait.ts';
import { secret } from '../sources/runtime.ts';
import { type FozProcess, fozOver, fozProgram } from './processes.ts';
import { served } from './shop.ts';

describeEngines(['postgres'], () => {
  let program: Awaited<ReturnType<typeof fozProgram>>;
  let place: StorePlace;
  let shop: StorePlace;
  let both: readonly [FozProcess, FozProcess];
  beforeAll(async () => {
    program = await fozProgram();
    place = await storePlace('postgres');
    shop = await storePlace('postgres');
    await onServer(shop.url!, 'create table orders (id int primary key); insert into orders values (1), (2)');
    const one = (state: string) =>
      fozOver(program.file, place, state, {
        auth: { admin_secrets: [secret] },
        sources: [{ name: 'shop', kind: 'postgres', url: shop.url! }],
      });
    both = [await one('a'), await one('b')];
  }, 120_000);
  afterAll(async () => {
    for (const foz of both ?? []) await foz.end();
    await place?.drop();
    await shop?.drop();
    program?.remove();
  }, 60_000);

  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes are looked at
  async function control({ url }: FozProcess, query: string): Promise<any> {
    const response = await fetch(`${url}control/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
      body: JSON.stringify({ query }),
    });
    return response.json();
  }
  const permit = (role: string, more = '') => `mutation {
    setPermission(source: "shop", table: "orders", role: "${role}", operation: select, definition: {columns: ["id"], filter: {}}${more}) {
      resourceVersion applied } }`;
  const reads = async ({ url }: FozProcess, role: string) =>
    (await served(url, role, '{ orders { id } }')) === '{"data":{"orders":[{"id":1},{"id":2}]}}';

  test('a change through one process is in the graph of a role of the other within two seconds', async () => {
    const [first, second] = both;
    expect([await reads(first, 'clerk'), await reads(second, 'clerk')]).toEqual([false, false]);
    const { data } = await control(first, permit('clerk'));
    expect(data.setPermission).toEqual({ resourceVersion: 1, applied: true });
    expect(await reads(first, 'clerk')).toBe(true);
    await until(() => reads(second, 'clerk'), 2_000);
    await control(
      second,
      'mutation { dropPermission(source: "shop", table: "orders", role: "clerk", operation: select) { applied } }',
    );
    expect(await reads(second, 'clerk')).toBe(false);
    await until(async () => !(await reads(first, 'clerk')), 2_000);
  }, 30_000);

  test('of edits of both that start from one version exactly one wins, and both serve it', async () => {
    for (let round = 0; round < 5; round++) {
      const { data } = await control(both[0], '{ metadata { resourceVersion } }');
      const { resourceVersion } = data.metadata;
      const roles = [`a${round}`, `b${round}`];
      const answers = await Promise.all(
        both.map((foz, at) => control(foz, permit(roles[at]!, `, expectedVersion: ${resourceVersion}`))),
      );
      const winner = answers.findIndex((answer) => answer.data?.setPermission?.applied === true);
      const [won, lost] = winner === 0 ? answers : [...answers].reverse();
      expect(won.data.setPermission.resourceVersion).toBe(resourceVersion + 1);
      expect(lost.errors).toMatchObject([{ extensions: { code: 'conflict' } }]);
      for (const foz of both) await until(() => reads(foz, roles[winner]!), 2_000);
      for (const foz of both) expect(await reads(foz, roles[1 - winner]!)).toBe(false);
    }
  }, 60_000);

  test('edits of both without a version: what is told to be done is there, what was refused is not', async () => {
    const done: string[] = [];
    const codes = new Set<string>();
    const edit = async (at: number) => {
      for (let round = 0; round < 10; round++) {
        const role = `free_${at}_${round}`;
        const { data, errors } = await control(both[at % 2]!, permit(role));
        if (data?.setPermission?.applied === true) done.push(role);
        for (const { extensions } of errors ?? []) codes.add(extensions.code);
        await pause(1);
      }
    };
    await Promise.all([edit(0), edit(1)]);
    expect([...codes].filter((code) => code !== 'conflict')).toEqual([]);
    expect(done.length).toBeGreaterThan(0);
    const { data } = await control(both[0], '{ metadata { resourceVersion document } }');
    const [{ select_permissions }] = data.metadata.document.tables;
    const there = select_permissions
      .map(({ role }: { role: string }) => role)
      .filter((role: string) => role.startsWith('free'));
    expect(there).toEqual([...done].sort());
    for (const foz of both)
      await until(
        async () => (await Promise.all(done.map((role) => reads(foz, role)))).every(Boolean),
        5_000,
      );
    // Each change makes one version and one audit record.
    const [{ changes }] = (await onServer(
      place.url!,
      `select count(*)::int as changes from foz.audit where kind = 'control' and outcome = 'success'`,
    )) as [{ changes: number }];
    expect(changes).toBe(data.metadata.resourceVersion);
  }, 60_000);

  test('a store that is away refuses edits, and what was served goes on', async () => {
    const [first, second] = both;
    const database = new URL(place.url!).pathname.slice(1);
    const server = new URL(place.url!);
    server.pathname = '/postgres';
    await control(first, permit('steady'));
    await until(() => reads(second, 'steady'), 2_000);
    await onServer(server.href, `alter database ${database} allow_connections false`);
    try {
      await onServer(
        server.href,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`,
      );
      const { errors } = await control(first, permit('later'));
      expect(errors).toMatchObject([{ extensions: { code: 'unavailable' } }]);
    } finally {
      await onServer(server.href, `alter database ${database} allow_connections true`);
    }
    await until(async () => (await control(first, permit('later'))).data?.setPermission?.applied === true);
    expect(await reads(first, 'later')).toBe(true);
    await until(() => reads(second, 'later'), 5_000);
  }, 60_000);
});
