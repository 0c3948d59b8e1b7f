import { randomBytes } from 'node:crypto';
import { rotateSecrets, Secrets } from '../../../src/store/secrets/index.ts';
import { MasterKey } from '../../../src/store/secrets/master-key.ts';
import { openStore } from '../../../src/store/store.ts';
import { availability } from '../../support/engines.ts';
import { storePlace } from '../place.ts';

const found = availability('postgres');
const testShared = 'reason' in found ? test.skip : test;

testShared(
  'nothing is written under the key before while, or after, it is rotated',
  async () => {
    const place = await storePlace('postgres');
    const stores = [openStore(place), openStore(place)];
    const [one, two] = [new MasterKey(randomBytes(32)), new MasterKey(randomBytes(32))];
    const ringOf = (current: MasterKey, ...older: MasterKey[]) =>
      ({ current, older, origin: 'environment' }) as const;
    const old = new Secrets(stores[0]!, ringOf(one));
    for (let index = 0; index < 50; index++) await old.put(`s${index}`, `value ${index}`);
    let written = 0;
    const writing = (async () => {
      for (;;) {
        await old.put(`more ${written}`, `more ${written}`);
        written++;
      }
    })();
    const refused = expect(writing).rejects.toMatchObject({ code: 'access-denied' });
    while (written < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    await rotateSecrets(stores[1]!, ringOf(two, one));
    await refused;
    const secrets = new Secrets(stores[1]!, ringOf(two));
    const ids = (await secrets.list()).filter((id) => !id.startsWith('system/'));
    expect(ids).toHaveLength(50 + written);
    for (const id of ids)
      expect((await secrets.get(id))?.reveal()).toBe(id.startsWith('s') ? `value ${id.slice(1)}` : id);
    await Promise.all(stores.map((store) => store.close()));
    await place.drop();
  },
  60_000,
);
