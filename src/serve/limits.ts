import { getHeapStatistics } from 'node:v8';
import type { LimitsConfig } from '../access/index.ts';

/** Limits of a request; the defaults suit a public endpoint. */
export type Limits = Required<Omit<LimitsConfig, 'cost' | 'rows'>>;

export const defaultLimits: Limits = {
  body_bytes: 1024 * 1024,
  depth: 20,
  nodes: 5000,
  tokens: 20_000,
  time_ms: 30_000,
  // No batching.
  batch: 1,
  rate: null,
  concurrency: null,
  subscriptions: 1000,
  answers_per_second: null,
  answer_bytes: 64 * 1024 * 1024,
};

/** Limits on the held bytes of all requests together. */
export interface AnswerLimits {
  /** Bytes, from their arrival from the databases until clients have read them; default: a quarter of the heap. */
  readonly heldBytes: number;
  /** The same for one caller; default: half of `heldBytes`. */
  readonly heldBytesPerCaller: number;
  /** Milliseconds after which a client that reads nothing of its response is disconnected; default: 30,000. */
  readonly writeMs: number;
}

/** The limits with defaults for those that are absent. */
export function answerLimits(given: Partial<AnswerLimits> = {}): AnswerLimits {
  const heldBytes = given.heldBytes ?? Math.ceil(getHeapStatistics().heap_size_limit / 4);
  return {
    heldBytes,
    heldBytesPerCaller: given.heldBytesPerCaller ?? Math.ceil(heldBytes / 2),
    writeMs: given.writeMs ?? 30_000,
  };
}

/** Limits of WebSockets. */
export interface WebsocketLimits {
  /** Open WebSockets in total; default: 10,000. */
  readonly connections: number;
  /** Open WebSockets of one caller (a credential, else an address); default: 100. */
  readonly connectionsPerCaller: number;
  /** Concurrent operations on one connection; default: 100. */
  readonly operations: number;
  /** Milliseconds for a client to send `connection_init`; default: 10,000. */
  readonly initMs: number;
  /** Milliseconds between pings; a client that has not answered one by the next is disconnected. Default: 25,000. */
  readonly keepaliveMs: number;
  /** Bytes that may be queued for a client before it is disconnected; default: 4 MiB. */
  readonly bufferBytes: number;
}

export const defaultWebsocket: WebsocketLimits = {
  connections: 10_000,
  connectionsPerCaller: 100,
  operations: 100,
  initMs: 10_000,
  keepaliveMs: 25_000,
  bufferBytes: 4 * 1024 * 1024,
};
