import type { Logger } from 'pino';
import type { RequestEnd } from '../../core/index.ts';
import { answerErrors, type EngineAnswer, type OwnWrites } from '../../execute/index.ts';
import { withDocument } from '../documents.ts';
import type { Answers, Engine } from '../engine.ts';
import type { Entry, Gate, Requester } from '../gate.ts';
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
import { derived } from '../sequence.ts';
import { countedSubscription } from '../subscriptions/counted.ts';
import { type Reply, Unserved } from './answering.ts';

/** The parts of the server that operations of a WebSocket share with those over HTTP. */
export interface Serving {
  readonly engine: Engine;
  readonly gate: Gate;
  readonly operations: Operations;
  readonly logger: Logger;
  /** Called with each operation's result and duration. */
  readonly onOutcome: (outcome: Outcome, milliseconds: number, requestId: string) => void;
}

/** The HTTP request that Apollo Server is given: a POST of JSON. */
const asPost = {
  method: 'POST',
  search: '',
  headers: new HeaderMap([['content-type', 'application/json']]),
} as const;

/** An operation as it is given. */
interface GivenOperation {
  readonly body: unknown;
  /** Whether its variables may contain ExactNumbers. */
  readonly hasExact: boolean;
  /** See `Operation`. */
  readonly writes?: OwnWrites | undefined;
}

/** Runs one operation. Rejects with Unserved where it is refused: by the gate, by validation, or by an error without data. */
export async function serveOperation(
  { engine, gate, operations, logger, onOutcome }: Serving,
  requester: Requester,
  { body: given, hasExact, writes }: GivenOperation,
  end: RequestEnd,
): Promise<Reply | AsyncIterableIterator<Reply, undefined>> {
  const started = performance.now();
  let entry: Entry | undefined;
  let summary: Outcome | undefined;
  let isHeld = false;
  /** The concurrency slot is held until the reply was sent. */
  const holding = (reply: Reply): Reply => {
    isHeld = true;
    let leave = entry?.leave;
    const release = () => {
      leave?.();
      leave = undefined;
    };
    return { ...reply, release };
  };
  try {
    entry = await gate.enter(requester, end);
    const base = hasExact || writes !== undefined ? { ...entry.base, hasExact, writes } : entry.base;
    const body = withDocument(engine, requester.session, given);
    const operation = plainOperation(body, base);
    const planned = operation === undefined ? undefined : await operations.planned(requester, operation);
    if (planned !== undefined) {
      summary = outcome('hot', nameIn(body), requester.session, 200, planned);
      return holding(
        replyOf(planned, wholeText(planned.packed === undefined ? planned.json : '', planned, base.held)),
      );
    }
    const asked = { ...asPost, body };
    const { status, text, answer, answers } = await operations.full(requester, base, asked, {
      subscriber: gate.subscriberOf(requester),
    });
    if (answers !== undefined) {
      summary = outcome('live', nameIn(body), requester.session, status, answer);
      return subscription(gate, operations, requester, answers);
    }
    summary = outcome('full', nameIn(body), requester.session, answer === null ? 400 : status, answer);
    return holding(replyOf(answer, wholeText(text, answer, base.held)));
  } catch (error) {
    if (error instanceof Unserved) throw error;
    if (isRefusal(error)) gate.refused(requester, error, requester.session);
    const { refusal, status } = refusalOf(error, logger, {
      requestId: requester.requestId,
      operationName: nameIn(given),
    });
    const { role } = requester.session;
    summary = { lane: 'refused', operationName: null, role, status, result: refusal.code };
    throw unserved(answerErrors([refusal], 'request', false).json);
  } finally {
    if (!isHeld) entry?.leave();
    if (summary !== undefined) onOutcome(summary, performance.now() - started, requester.requestId);
  }
}

/** The replies of a subscription. It takes no concurrency slot and has no time limit; each of its runs has one. */
function subscription(
  gate: Gate,
  operations: Operations,
  requester: Requester,
  answers: Answers,
): AsyncIterableIterator<Reply, undefined> {
  const counted = countedSubscription(gate, requester, operations.audited(requester, answers));
  return derived(counted, { map: (answer) => replyOf(answer, answer.json) });
}

/** The reply to an operation. `answer`: `null` where it was refused before it ran. Throws Unserved for an answer without data. */
function replyOf(answer: EngineAnswer | null, text: string): Reply {
  if (answer === null || answer.kind === 'request') throw unserved(answer?.json ?? text);
  return { json: text };
}

function unserved(json: string): Unserved {
  return new Unserved((JSON.parse(json) as { readonly errors: Unserved['errors'] }).errors);
}
