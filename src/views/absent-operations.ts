import type { Session } from '../access/index.ts';
import { allowsOperation } from '../auth/index.ts';
import { adminRole } from '../core/index.ts';

/** Root types that a graph may lack. Every graph has queries. */
type Kind = 'mutation' | 'subscription';

const scopeOf = { mutation: 'write', subscription: 'subscribe' } as const;

const byRole = {
  mutation: 'may not write to any table. A permission to insert, update or delete adds it',
  subscription:
    'may not subscribe to any table. A select permission adds it (by its subscription_root_fields)',
} as const;

/** Why the graph of a session has no operations of a kind, and the way out, as a sentence behind a colon. */
export function whyAbsent({ role, scopes }: Pick<Session, 'role' | 'scopes'>, kind: Kind): string {
  if (scopes !== undefined && !allowsOperation(scopes, kind)) {
    const allowed = [...scopes.operations].sort();
    const needed = scopeOf[kind];
    const command = [...allowed, needed].map((one) => ` --operation ${one}`).join('');
    return `the scopes of this credential only allow: ${allowed.join(', ') || 'nothing'}. Its key needs "${needed}" among the operations of its scopes (a new key: foz key new${command})`;
  }
  const isNarrowed = scopes !== undefined && (scopes.sources ?? scopes.tables) !== null;
  if (role === adminRole && !isNarrowed)
    return `the sources have no table that can be ${kind === 'mutation' ? 'written to' : 'subscribed to'}`;
  return `the role${isNarrowed ? ', within the scopes of this credential,' : ''} ${byRole[kind]}`;
}
