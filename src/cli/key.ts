import { existsSync } from 'node:fs';
import { text as read } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { checkAuth, keyPrefix, mintAdminSecret, mintKey, plainHash } from '../auth/index.ts';
import { ConfigError, loadConfig, rolesOf, unknownRole } from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { momentOf } from './moment.ts';

/** `foz key new`: generates a key, and the lines of the configuration that accept it. */
export async function newKey(options: {
  readonly name: string;
  readonly role: readonly string[];
  readonly table?: readonly string[];
  readonly operation?: readonly string[];
  readonly expires?: string;
  readonly config: string;
}): Promise<void> {
  // Keys in files are hashed without the server's pepper, so that the file alone is enough to verify them.
  const { key, prefix } = mintKey(new Uint8Array(32));
  const { name, role: roles, table, operation, expires } = options;
  const scopes = {
    ...(operation === undefined ? {} : { operations: operation as ('read' | 'write' | 'subscribe')[] }),
    ...(table === undefined ? {} : { tables: table }),
  };
  const entry = {
    name,
    prefix,
    hash: plainHash(key),
    roles,
    ...(Object.keys(scopes).length === 0 ? {} : { scopes }),
    ...(expires === undefined ? {} : { expires_at: new Date(momentOf('--expires', expires)).toISOString() }),
  };
  const problems = checkAuth({ api_keys: [entry] });
  if (operation?.some((kind) => !['read', 'write', 'subscribe'].includes(kind)))
    problems.push({ path: ['operation'], message: 'must be read, write or subscribe' });
  if (problems.length > 0)
    throw new FozError(
      'validation-failed',
      problems
        .map(({ path, message }) => `${path.slice(2).join('.') || path.join('.')}: ${message}`)
        .join('\n'),
    );
  for (const problem of unknownRolesIn(options.config, roles)) console.error(problem);
  console.log(`${key}\n`);
  console.log('This is the only time that the key is shown: keep it now. These lines let it in:\n');
  console.log(stringify({ auth: { api_keys: [entry] } }).trimEnd());
}

/**
 * Roles of a new key without permissions in the configuration. They only cause a warning, since the store may have permissions for them.
 */
function unknownRolesIn(file: string, roles: readonly string[]): readonly string[] {
  if (!existsSync(file)) return [];
  try {
    const known = rolesOf(loadConfig(file).metadata ?? { tables: [] });
    if (known.size === 1) return [];
    return roles.map((role) => unknownRole(known, role)).filter((problem) => problem !== null);
  } catch (error) {
    if (error instanceof ConfigError) return [];
    throw error;
  }
}

/** `foz key hash`: prefix and hash of an existing key. Rejects with FozError `validation-failed` when the text is not a key. */
export async function hashGivenKey(): Promise<void> {
  const key = (await read(process.stdin)).trim();
  const prefix = keyPrefix(key);
  if (prefix === undefined)
    throw new FozError(
      'validation-failed',
      'What came on standard input is no key of Foz: those begin with foz_ and have 66 characters. Make one with "foz key new".',
    );
  console.log(`prefix: ${prefix}\nhash: ${plainHash(key)}`);
}

/** `foz admin-secret new`: generates an admin secret. */
export async function newAdminSecret(): Promise<void> {
  console.log(`${mintAdminSecret()}\n`);
  console.log(
    'This is the only time that it is shown: keep it now, and give it to Foz by the environment:\n',
  );
  console.log(`auth:\n  admin_secrets:\n    - name: operator\n      secret: \${env:FOZ_ADMIN_SECRET}`);
}
