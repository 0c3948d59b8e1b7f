import { FozError } from '../core/index.ts';
import type { Actor } from '../store/index.ts';
import type { ControlPlane } from './plane.ts';

/** Who acts, and where it is recorded. */
export interface AuditedBy {
  readonly plane: Pick<ControlPlane, 'audit'> | null;
  readonly actor: Actor;
}

/**
 * Does something that the audit log records: before it that it is started, after it what came of it. Where the first cannot be recorded, nothing is
 * done. An act that is refused is recorded with the code of its error. A process that ends in the middle leaves the record `started`.
 */
export async function audited<T>(
  { plane, actor }: AuditedBy,
  operation: string,
  after: object,
  act: () => Promise<T>,
): Promise<T> {
  const audit = plane?.audit;
  if (audit === undefined || audit === null) return act();
  const event = { kind: 'control', operation, actor, after } as const;
  await audit.append({ ...event, outcome: 'started' });
  let result: T;
  try {
    result = await act();
  } catch (error) {
    const reason = error instanceof FozError ? error.code : 'unexpected';
    // A commit whose answer was lost may have been made.
    const outcome = reason === 'unavailable' || reason === 'unexpected' ? 'unknown' : 'failure';
    await audit.append({ ...event, outcome, reason }).catch(() => {});
    throw error;
  }
  await audit.append({ ...event, outcome: 'success' }).catch((error: unknown) => {
    throw new FozError(
      'unavailable',
      `It was done, but the audit log could not be written: it says of ${operation} only that it was started.`,
      { cause: error },
    );
  });
  return result;
}
