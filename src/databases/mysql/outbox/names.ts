import { outboxName, readsName } from '../../../sql/index.ts';
import type { Settings } from '../options.ts';

/** The names of the tables of an outbox, quoted, and of their namespace. */
export interface OutboxNames {
  /** The namespace, not quoted. */
  readonly namespace: string;
  /** Whether the namespace belongs to the outbox alone. */
  readonly isOwn: boolean;
  readonly changes: string;
  readonly reads: string;
}

export const quotedName = (name: string) => `\`${name.replaceAll('`', '``')}\``;

/** The names of a source's outbox, which is in the database of the source; for a source of all databases in one of its own. */
export function outboxNamesOf({ database }: Pick<Settings, 'database'>): OutboxNames {
  const namespace = database ?? outboxName;
  const within = (name: string) => `${quotedName(namespace)}.${quotedName(name)}`;
  return { namespace, isOwn: database === null, changes: within(outboxName), reads: within(readsName) };
}
