import { ApiKeys } from '../../src/auth/api-keys/api-keys.ts';
import { identifyBy } from '../../src/auth/identify.ts';
import { clientAddress, DeclaredKeys, type KeyRecord, mintKey } from '../../src/auth/index.ts';

export const pepper = Buffer.alloc(32, 7);
export const refusal =
  'The API key was not accepted: it is unknown, revoked, expired, or not allowed from this address.';

export function stored(more: Partial<KeyRecord> = {}): { key: string; record: KeyRecord } {
  const { key, prefix, hash } = mintKey(pepper);
  const record: KeyRecord = {
    id: `id-${prefix}`,
    name: 'reports',
    secrets: [{ prefix, hash, validUntil: null }],
    roles: ['reader'],
    defaultRole: null,
    variables: {},
    expiresAt: null,
    revision: '1',
    ...more,
  };
  return { key, record };
}

/** Authentication by keys, on the repository that serves the keys of the configuration file. */
export function keysOf(
  records: readonly KeyRecord[],
  more: Partial<ConstructorParameters<typeof ApiKeys>[0]> = {},
) {
  const repository = new DeclaredKeys(records);
  const keys = new ApiKeys({ repository, peppers: [pepper], clientAddress: clientAddress([]), ...more });
  return { repository, keys, identify: identifyBy([keys]) };
}

/** A store that does not notify of changes, and that can be down. */
export class SilentStore extends DeclaredKeys {
  down = false;
  asked = 0;
  override find(prefixes: readonly string[]) {
    this.asked++;
    return this.down ? Promise.reject(new Error('connection refused')) : super.find(prefixes);
  }
  override onChanged(): () => void {
    return () => {};
  }
}
