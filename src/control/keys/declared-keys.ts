import { type DeclaredKey, DeclaredKeys, declaredKeys } from '../../auth/index.ts';
import { FozError } from '../../core/index.ts';
import type { KeyDescription } from '../../store/index.ts';
import type { FozConfig } from '../config/config.ts';
import { refuseDeclared } from '../settings/refuse.ts';

/** A key in a list. `createdAt`: `null` for a key of the configuration file, whose age is not known. */
export type ListedKey = Omit<KeyDescription, 'createdAt'> & { readonly createdAt: Date | null };

/** The keys of the configuration file by name. Their last use is what this process has seen; their revision is 0. */
export function describeDeclaredKeys(declared: readonly DeclaredKey[], now = Date.now()): ListedKey[] {
  return declared
    .map(({ lastUse, secrets, expiresAt, backend = false, ...key }) => ({
      ...key,
      backend,
      description: null,
      owner: null,
      prefixes: secrets
        .filter(({ validUntil }) => validUntil === null || validUntil > now)
        .map(({ prefix, validUntil }) => ({ prefix, validUntil: dateOf(validUntil) })),
      revision: '0',
      createdAt: null,
      expiresAt: dateOf(expiresAt),
      rotatedAt: null,
      revokedAt: null,
      lastUsedAt: dateOf(lastUse?.at ?? null),
      lastUsedAddress: lastUse?.address ?? null,
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The same for a configuration that no server runs with. */
export function describeDeclared({ auth }: Pick<FozConfig, 'auth'>): ListedKey[] {
  return describeDeclaredKeys(new DeclaredKeys(declaredKeys(auth?.api_keys ?? [])).list());
}

function dateOf(milliseconds: number | null): Date | null {
  return milliseconds === null ? null : new Date(milliseconds);
}

/** Throws FozError `not-supported` for the id of a key of the configuration file. */
export function refuseDeclaredKey(declared: readonly DeclaredKey[], id: string): void {
  const key = declared.find((one) => one.id === id);
  refuseDeclared(key !== undefined, `the API key ${key?.name}`);
}

/** Throws FozError `conflict` for a name that a key of the configuration file has; `undefined`: the name is not changed. */
export function refuseDeclaredName(declared: readonly DeclaredKey[], name: string | null | undefined): void {
  if (declared.some((one) => one.name === name))
    throw new FozError(
      'conflict',
      `The configuration file declares an API key ${name} already: choose another name.`,
    );
}
