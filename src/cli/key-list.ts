import { describeDeclared, listStoredKeys, loadConfig } from '../control/index.ts';
import { type EndpointOptions, runningFoz } from './endpoint.ts';
import { printTable } from './output.ts';

interface Options extends EndpointOptions {
  readonly config: string;
  readonly revoked?: boolean;
  readonly json?: boolean;
}

/** A key for display; times in ISO 8601. */
interface Shown {
  readonly id: string;
  readonly name: string;
  readonly declared: boolean;
  readonly owner: string | null;
  readonly roles: readonly string[];
  readonly prefixes: readonly string[];
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly lastUsedAt: string | null;
  readonly lastUsedAddress: string | null;
  /** Probable mistakes in the key. Only a running server knows them. */
  readonly notes?: readonly string[];
}

const listed = `query ($revoked: Boolean!) {
  keys(revoked: $revoked) { id name declared owner roles prefixes expiresAt revokedAt lastUsedAt lastUsedAddress notes }
}`;

/**
 * `foz key list`: the API keys of the configuration file and of the store. The last use of a key of the file is known only to a running
 * server.
 */
export async function listKeys({ revoked = false, json = false, ...options }: Options): Promise<void> {
  const foz = runningFoz(options);
  const keys =
    foz === null
      ? await storedAndDeclared(options.config, revoked)
      : (await foz.query<{ keys: Shown[] }>(listed, { revoked })).keys;
  // Only a running server knows the notes, and the output is to be the same.
  if (json)
    console.log(
      JSON.stringify(
        keys.map(({ notes: _, ...key }) => key),
        null,
        2,
      ),
    );
  else if (keys.length === 0) console.log('There are no API keys.');
  else {
    printTable([['name', 'id', 'roles', 'prefixes', 'ends', 'used last'], ...keys.map(rowOf)]);
    for (const { name, notes = [] } of keys) for (const note of notes) console.log(`note: ${name}: ${note}`);
  }
}

async function storedAndDeclared(file: string, revoked: boolean): Promise<Shown[]> {
  const config = loadConfig(file);
  const keys = [...describeDeclared(config), ...(await listStoredKeys(config, process.env, revoked))];
  const text = (date: Date | null) => date?.toISOString() ?? null;
  return keys.map(({ id, name, createdAt, owner = null, roles, prefixes, lastUsedAddress, ...times }) => ({
    id,
    name,
    declared: createdAt === null,
    owner,
    roles,
    prefixes: prefixes.map(({ prefix }) => prefix),
    expiresAt: text(times.expiresAt),
    revokedAt: text(times.revokedAt),
    lastUsedAt: text(times.lastUsedAt),
    lastUsedAddress,
  }));
}

function rowOf({ name, id, roles, prefixes, expiresAt, revokedAt, lastUsedAt, lastUsedAddress }: Shown) {
  const ends = revokedAt === null ? (expiresAt ?? 'never') : `revoked ${revokedAt}`;
  const used = lastUsedAt === null ? '-' : [lastUsedAt, lastUsedAddress].filter(Boolean).join(' from ');
  return [name, id, roles.join(', '), prefixes.join(', ') || '-', ends, used];
}
