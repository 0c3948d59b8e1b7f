/** Limits of one client and of each of its requests. Times are in milliseconds. */
export interface OutboundLimits {
  /** The longest time until a connection is open, TLS included. */
  readonly connectMs: number;
  /** The longest time from the request to the headers of the answer. */
  readonly headersMs: number;
  /** The longest pause between two pieces of the body. */
  readonly idleMs: number;
  /** The longest time of the whole request: waiting for a connection, redirects, the whole answer. */
  readonly totalMs: number;
  /** Most bytes of a body, both as received and decompressed. */
  readonly responseBytes: number;
  /** Most bytes of the headers of an answer. */
  readonly headerBytes: number;
  readonly connectionsPerOrigin: number;
  /** Most origins with open connections. */
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
