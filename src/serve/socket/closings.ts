import { type ErrorCode, FozError } from '../../core/index.ts';
import { Refusal } from '../body.ts';

/** Why Foz closes a WebSocket: the codes of RFC 6455 and of graphql-transport-ws, and one of its own (4411). */
export const closings = {
  /** The server stops. */
  away: 1001,
  /** Messages are text. */
  binary: 1003,
  tooLarge: 1009,
  /** Too many sockets of one caller, or who is asking cannot be told now. */
  later: 1013,
  badRequest: 4400,
  forbidden: 4403,
  /** The session is over: expired, or its key says something else now. Come back with a credential that holds. */
  ended: 4411,
  broken: 4500,
} as const;

const byCode: Partial<Record<ErrorCode, number>> = {
  'access-denied': closings.forbidden,
  'limit-exceeded': closings.badRequest,
  unavailable: closings.later,
};

/** The close code for a credential or a `connection_init` that was not accepted. */
export function closingOf(error: unknown): number {
  if (error instanceof Refusal) return closings.later;
  return error instanceof FozError ? (byCode[error.code] ?? closings.broken) : closings.broken;
}

/** A reason as a close frame can carry it: at most 123 bytes of UTF-8. */
export function reasonOf(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= 123) return text;
  let end = 120;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return `${bytes.toString('utf8', 0, end)}...`;
}
