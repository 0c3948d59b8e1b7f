import type { Logger } from 'pino';
import { answerErrors, type EngineAnswer } from '../../execute/index.ts';
import type { Asker, Entry, Gate } from '../gate.ts';
import {
  HeaderMap,
  nameIn,
  type Operations,
  type Outcome,
  outcome,
  plainOperation,
  wholeText,
} from '../operations.ts';
import { isRefusal, refusalOf } from '../refusal.ts';
import type { RequestEnd } from '../request-end.ts';
import { type Reply, Unserved } from './answering.ts';

/** What operations of a WebSocket go through: the same as those of HTTP. */
export interface Serving {
  readonly gate: Gate;
  readonly operations: Operations;
  readonly logger: Logger;
  /** Is told what each operation came to, and how long it took. */
  readonly onOutcome: (outcome: Outcome, milliseconds: number, requestId: string) => void;
}

/** Apollo Server is shown a POST of JSON. */
const asPost = {
  method: 'POST',
  search: '',
  headers: new HeaderMap([['content-type', 'application/json']]),
} as const;

/** Runs one operation. Rejects with Unserved where the endpoint has no result for it: not let in, not valid, not possible. */
export async function serveOperation(
  { gate, operations, logger, onOutcome }: Serving,
  asker: Asker,
  { body, hasExact }: { readonly body: unknown; readonly hasExact: boolean },
  end: RequestEnd,
): Promise<Reply> {
  const started = performance.now();
  let entry: Entry | undefined;
  let came: Outcome | undefined;
  let isLeaving = false;
  /** The place is held until the answer is gone. */
  const leaving = (reply: Reply): Reply => {
    isLeaving = true;
    let leave = entry?.leave;
    const gone = () => {
      leave?.();
      leave = undefined;
    };
    return { ...reply, gone };
  };
  try {
    entry = await gate.enter(asker, end);
    const base = hasExact ? { ...entry.base, hasExact } : entry.base;
    const operation = plainOperation(body, base);
    const planned = operation === undefined ? undefined : await operations.planned(asker, operation);
    if (planned !== undefined) {
      came = outcome('hot', nameIn(body), asker.session, 200, planned);
      return leaving(
        replyOf(planned, wholeText(planned.packed === undefined ? planned.json : '', planned, base.held)),
      );
    }
    const { status, text, answer } = await operations.full(asker, base, { ...asPost, body });
    came = outcome('full', nameIn(body), asker.session, answer === null ? 400 : status, answer);
    return leaving(replyOf(answer, wholeText(text, answer, base.held)));
  } catch (error) {
    if (error instanceof Unserved) throw error;
    if (isRefusal(error)) gate.refused(asker, error, asker.session);
    const { refusal, status } = refusalOf(error, logger, {
      requestId: asker.requestId,
      operationName: nameIn(body),
    });
    came = { lane: 'refused', operationName: null, role: asker.session.role, status, result: refusal.code };
    throw unserved(answerErrors([refusal], 'request', false).json);
  } finally {
    if (!isLeaving) entry?.leave();
    if (came !== undefined) onOutcome(came, performance.now() - started, asker.requestId);
  }
}

/** `answer`: `null` where the operation was refused before it ran. Throws Unserved for an answer without data. */
function replyOf(answer: EngineAnswer | null, text: string): Reply {
  if (answer === null || answer.kind === 'request') throw unserved(answer?.json ?? text);
  return { json: text };
}

function unserved(json: string): Unserved {
  return new Unserved((JSON.parse(json) as { readonly errors: Unserved['errors'] }).errors);
}
