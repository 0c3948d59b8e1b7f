import { FozError } from '../../core/index.ts';
import type { ChangeMethod, ChangePosition } from '../../plan/index.ts';

/** The position of a change among those of its source: the end of its transaction, and its number within the transaction. */
export interface ClientPosition {
  /** The method by which the change was read. Positions of different methods cannot be compared. */
  readonly method: ChangeMethod;
  readonly position: ChangePosition;
  readonly index: number;
}

/** The position after all changes of the transaction that ends at a position of the source. */
export function endOf(method: ChangeMethod, position: ChangePosition): ClientPosition {
  return { method, position, index: Number.MAX_SAFE_INTEGER };
}

export function positionText({ method, position, index }: ClientPosition): string {
  return Buffer.from(JSON.stringify([method, position, index])).toString('base64url');
}

/** Parses a position that a client has sent. Throws FozError `validation-failed` for a text that is none. */
export function parsePosition(text: string): ClientPosition {
  try {
    const [method, position, index] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    if (typeof method === 'string' && typeof position === 'string' && Number.isSafeInteger(index))
      return { method: method as ChangeMethod, position, index: index as number };
  } catch {
    // A text that is not JSON is refused below.
  }
  throw new FozError('validation-failed', '"after" is not a position of a change.');
}

/** Whether `a` comes after `b`. */
export function isAfter(a: ClientPosition, b: ClientPosition): boolean {
  return a.position === b.position ? a.index > b.index : a.position > b.position;
}
