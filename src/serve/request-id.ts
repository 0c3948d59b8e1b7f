import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const made = new WeakMap<IncomingMessage, string>();

/** The id of a request: its `x-request-id` if that is harmless in a log, else a new one. The same for each call. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  if (typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given)) return given;
  let id = made.get(request);
  if (id === undefined) {
    id = randomUUID();
    made.set(request, id);
  }
  return id;
}
