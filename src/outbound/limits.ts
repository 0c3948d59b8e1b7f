/** What one client may take. Times in milliseconds. */
export interface OutboundLimits {
  /** Until a connection is open, with TLS. */
  readonly connectMs: number;
  /** Until the headers of the answer are there. */
  readonly headersMs: number;
  /** Between two pieces of the answer. */
  readonly idleMs: number;
  /** For everything: waiting for a connection, redirects, the whole answer. */
  readonly totalMs: number;
  /** Of an answer, as sent and also unpacked. */
  readonly responseBytes: number;
  /** Of the headers of an answer. */
  readonly headerBytes: number;
  readonly connectionsPerOrigin: number;
  /** Origins with open connections. */
  readonly origins: number;
  /** How long an unused connection stays open. */
  readonly keepAliveMs: number;
}

export const defaultLimits: OutboundLimits = {
  connectMs: 10_000,
  headersMs: 60_000,
  idleMs: 30_000,
  totalMs: 60_000,
  responseBytes: 1024 * 1024,
  headerBytes: 16 * 1024,
  connectionsPerOrigin: 64,
  origins: 256,
  keepAliveMs: 4_000,
};
