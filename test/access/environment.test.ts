import { AllowedVariables, resolveEventTriggers } from '../../src/access/index.ts';
import { hookSecrets } from '../../src/app/work/hook-secrets.ts';
import { hookIssues } from '../../src/control/index.ts';
import { catalog, column, source, table } from '../graph/catalogs.ts';

/** The metadata of a trigger and a webhook that use a variable in one of the places that take one. */
const uses: readonly [string, (name: string) => object][] = [
  ['webhook', (name) => ({ webhook: `https://shop.example/{{ ${name} }}` })],
  ['webhook_from_env', (name) => ({ webhook_from_env: name })],
  ['headers[0]', (name) => ({ webhook, headers: [{ name: 'x', value_from_env: name }] })],
  ['signing_secrets[0]', (name) => ({ webhook, signing_secrets: [{ from_env: name }] })],
];
const webhook = 'https://shop.example/';

function triggerFaults(more: object, variables: AllowedVariables): readonly string[] {
  const trigger = { name: 'moved', definition: { insert: {} }, ...more };
  const metadata = { tables: [{ source: 'shop', table: 'orders', event_triggers: [trigger] }] };
  const read = catalog([source('shop', [table('orders', [column('id', 'int')])])], metadata);
  const { byName, issues } = resolveEventTriggers(read, metadata, variables);
  expect(byName.size).toBe(issues.length === 0 ? 1 : 0);
  return issues.map(({ where, reason }) => `${where}: ${reason}`);
}

const ofFile = AllowedVariables.of({ metadata: { tables: [] } });
const ofStore = AllowedVariables.of({ workflow: { environment: ['SHOP_*', 'TOKEN'] } });

test.each(uses)('%s takes no variable of Foz itself, and in the store only listed ones', (where, of) => {
  for (const variables of [ofFile, ofStore, new AllowedVariables(['FOZ_MASTER_KEY', 'PGPASSWORD', 'F*'])])
    for (const name of ['FOZ_MASTER_KEY', 'FOZ_STORE_URL', 'foz_master_key', 'PGPASSWORD', 'NODE_OPTIONS'])
      expect(triggerFaults(of(name), variables)).toEqual([
        expect.stringMatching(new RegExp(`${where.replaceAll(/[[\]]/g, '\\$&')}: .*${name} may not be used`)),
      ]);
  expect(triggerFaults(of('AWS_SECRET'), ofFile)).toEqual([]);
  expect(triggerFaults(of('AWS_SECRET'), ofStore)).toEqual([
    expect.stringMatching(/AWS_SECRET is not listed in workflow\.environment/),
  ]);
  expect(triggerFaults(of('AWS_SECRET'), AllowedVariables.of({}))).toHaveLength(1);
  for (const name of ['SHOP_TOKEN', 'TOKEN']) expect(triggerFaults(of(name), ofStore)).toEqual([]);
  expect(triggerFaults(of('TOKEN2'), ofStore)).toHaveLength(1);
});

test('webhooks obey the same rule, in what a check says and when they are called', async () => {
  const hook = (name: string) => ({
    name: 'payments',
    workflow: 'record',
    auth: { kind: 'bearer', tokens: [{ secret: 'kept' }, { env: name }] },
    challenge: { style: 'meta', token: { env: name } },
  });
  const faults = (name: string) =>
    hookIssues({ tables: [], hooks: [hook(name)], workflows: [{ name: 'record' }] }, ofStore).map(
      ({ reason }) => reason,
    );
  expect(faults('SHOP_TOKEN')).toEqual([]);
  expect(faults('FOZ_MASTER_KEY')).toEqual([
    expect.stringMatching(/^challenge\.token is refused: .*FOZ_MASTER_KEY/),
    expect.stringMatching(/^auth\.tokens\[1\] is refused: .*FOZ_MASTER_KEY/),
  ]);
  const environment = { SHOP_TOKEN: 'right', FOZ_MASTER_KEY: 'hidden', AWS_SECRET: 'hidden' };
  const none = { get: async () => undefined } as unknown as Parameters<typeof hookSecrets>[0];
  const read = hookSecrets(none, ofStore, environment);
  expect(await read([{ env: 'SHOP_TOKEN' }])).toEqual(['right']);
  for (const env of ['FOZ_MASTER_KEY', 'AWS_SECRET', 'constructor'])
    await expect(async () => read([{ env }])).rejects.toMatchObject({ code: 'unavailable' });
});
