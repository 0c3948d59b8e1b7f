import { type ErrorCode, FozError } from '../../core/index.ts';
import { Refusal } from '../body.ts';

/** Close codes of a WebSocket: those of RFC 6455 and of graphql-transport-ws, and one of Foz's own (4411). */
export const closings = {
  /** The server is shutting down. */
  away: 1001,
  /** A binary message; the protocol has only text messages. */
  binary: 1003,
  tooLarge: 1009,
  /** The caller has too many WebSockets, or authentication is unavailable now. */
  later: 1013,
  badRequest: 4400,
  forbidden: 4403,
  /** The session has ended: its credential expired or was changed. The client may reconnect with a valid credential. */
  ended: 4411,
  broken: 4500,
} as const;

const byCode: Partial<Record<ErrorCode, number>> = {
  'access-denied': closings.forbidden,
  'limit-exceeded': closings.badRequest,
  unavailable: closings.later,
};

/** The close code for a refused credential or `connection_init`. */
export function closingOf(error: unknown): number {
  if (error instanceof Refusal) return closings.later;
  return error instanceof FozError ? (byCode[error.code] ?? closings.broken) : closings.broken;
}

/** A reason shortened to what fits into a close frame: at most 123 bytes of UTF-8. */
export function reasonOf(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= 123) return text;
  let end = 120;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return `${bytes.toString('utf8', 0, end)}...`;
}
