import { outboxName, readsName } from '../../../sql/index.ts';
import type { Settings } from '../options.ts';

/** The names of an outbox, quoted. */
export interface OutboxPlace {
  /** The namespace, not quoted. */
  readonly namespace: string;
  /** Whether the namespace belongs to the outbox alone. */
  readonly isOwn: boolean;
  readonly changes: string;
  readonly reads: string;
}

export const quotedName = (name: string) => `\`${name.replaceAll('`', '``')}\``;

/** The outbox is in the database of the source; for a source of all databases it is in one of its own. */
export function placeOf({ database }: Pick<Settings, 'database'>): OutboxPlace {
  const namespace = database ?? outboxName;
  const within = (name: string) => `${quotedName(namespace)}.${quotedName(name)}`;
  return { namespace, isOwn: database === null, changes: within(outboxName), reads: within(readsName) };
}
