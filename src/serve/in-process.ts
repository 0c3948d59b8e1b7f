import type { Session } from '../access/index.ts';
import { parseJson, RequestEnd, withDigits } from '../core/index.ts';
import type { OwnWrites } from '../execute/index.ts';
import { Unserved } from './socket/answering.ts';
import { type Serving, serveOperation } from './socket/serve-operation.ts';

/** An operation that a part of this process asks for, such as a step of a workflow. */
export interface OwnOperation {
  readonly session: Session;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
  /** Names it in the log and in the audit log. */
  readonly requestId: string;
  readonly signal: AbortSignal;
  /** How its writes are committed; default: as those of clients. */
  readonly writes?: OwnWrites;
}

export interface OwnAnswer {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: unknown };
  }[];
}

/** Runs an operation through the same gate as those of clients: limits, rules, audit, and its changes are seen. */
export async function operate(serving: Serving, operation: OwnOperation): Promise<OwnAnswer> {
  const { session, requestId, signal, query, variables, operationName, writes } = operation;
  const end = new RequestEnd();
  const abort = () => end.abort();
  signal.throwIfAborted();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const body = { query, variables, operationName };
    const reply = await serveOperation(
      serving,
      { session, requestId, request: null },
      { body, hasExact: false, writes },
      end,
    );
    if (!('json' in reply)) {
      void reply.return?.();
      return refused('Subscriptions are not run in this place.');
    }
    const { json, release } = reply;
    try {
      // Records of steps are plain JSON, so a number that a double would change becomes the text of its digits.
      return withDigits(parseJson(json)) as OwnAnswer;
    } finally {
      release?.();
    }
  } catch (error) {
    if (error instanceof Unserved) return { errors: error.errors };
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function refused(message: string): OwnAnswer {
  return { errors: [{ message, extensions: { code: 'not-supported' } }] };
}

/** Rejects once the signal aborts: a server that stops takes no operation, which is no failure of whoever asks. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
