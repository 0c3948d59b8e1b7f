import type { Session } from '../access/index.ts';
import { checkDocumentNesting, FozError, type HeldBytes, readJson } from '../core/index.ts';
import { answerErrors, type EngineAnswer } from '../execute/index.ts';
import { type ApolloServers, HeaderMap, type RequestContext } from './apollo.ts';
import type { Answers, Operation } from './engine.ts';
import type { Gate, Requester } from './gate.ts';
import { contentType, json } from './media-type.ts';
import type { ServerOptions } from './options.ts';
import { derived } from './sequence.ts';
import { logUnexpected, logUnexpectedIn } from './unexpected.ts';

/** The result of one GraphQL request, for logs and metrics. */
export interface Outcome {
  /** `live`: a subscription has started. */
  readonly lane: 'hot' | 'full' | 'live' | 'refused';
  readonly operationName: string | null;
  readonly role: string | null;
  readonly status: number;
  /** `ok`, or the code of the first error. */
  readonly result: string;
}

/** An operation as the client sent it, with the HTTP request that Apollo Server is given. */
export interface IncomingOperation {
  readonly method: string;
  readonly headers: HeaderMap;
  readonly search: string;
  readonly body: unknown;
}

/** The answer of Apollo Server to an operation. */
export interface ApolloAnswer {
  /** The matching HTTP status. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The answer as JSON text; empty where `answer` has it compressed. */
  readonly text: string;
  /** `null`: the operation was refused before it ran. */
  readonly answer: EngineAnswer | null;
  /** The answers of a subscription that has started; `text` is empty. */
  readonly answers?: Answers;
}

/** Runs operations of all transports, and records in the audit log what they wrote and read. */
export class Operations {
  readonly #options: ServerOptions;
  readonly #gate: Gate;
  readonly #servers: ApolloServers;

  constructor(options: ServerOptions, gate: Gate, servers: ApolloServers) {
    this.#options = options;
    this.#gate = gate;
    this.#servers = servers;
  }

  /** Runs an operation on the hot lane; `undefined`: it is not planned yet. */
  async planned(requester: Requester, operation: Operation): Promise<EngineAnswer | undefined> {
    const answer = await this.#options.engine.cached(operation);
    if (answer !== undefined && answer.errors.length > 0)
      logUnexpectedIn(this.#options.logger, answer.errors, {
        requestId: requester.requestId,
        operationName: operation.operationName,
      });
    if (answer === undefined || !isAudited(answer)) return answer;
    return this.#recorded(requester, answer);
  }

  /**
   * Runs an operation by way of Apollo Server, which parses, validates and refuses. `subscriber`: given where the transport can carry the
   * answers of a subscription.
   */
  async full(
    requester: Requester,
    base: RequestContext['operation'],
    incoming: IncomingOperation,
    { subscriber, readsOnly = false }: Pick<RequestContext, 'subscriber' | 'readsOnly'> = {},
  ): Promise<ApolloAnswer> {
    const { query } = (incoming.body ?? {}) as { readonly query?: unknown };
    if (typeof query === 'string') {
      try {
        checkDocumentNesting(query);
      } catch (error) {
        return refusedDocument(error as FozError, incoming);
      }
    }
    const outcome: RequestContext['outcome'] = { answer: null, hasSource: false, failures: [] };
    const context: RequestContext = { ...operationOf(base, incoming), outcome, subscriber, readsOnly };
    const server = await this.#servers.of(base.session);
    const result = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: incoming,
      context: async () => context,
    });
    let text = result.body.kind === 'complete' ? result.body.string : '';
    const about = { requestId: requester.requestId, operationName: nameIn(incoming.body) };
    for (const failure of outcome.failures) logUnexpected(this.#options.logger, failure, about);
    if (outcome.answer !== null) {
      logUnexpectedIn(this.#options.logger, outcome.answer.errors, about);
      this.#refused(requester, outcome.answer);
    }
    if (outcome.answer !== null && isAudited(outcome.answer)) {
      const recorded = await this.#recorded(requester, outcome.answer);
      if (recorded !== outcome.answer) text = recorded.json;
      outcome.answer = recorded;
    }
    const status = result.status ?? 200;
    // With `application/json` as media type, errors are in the body of a 200: GraphQL over HTTP, section 6.4.1.
    const isPlain = result.headers.get('content-type') === json;
    return {
      status: status === 400 && outcome.hasSource && isPlain ? 200 : status,
      headers: Object.fromEntries(result.headers),
      text,
      answer: outcome.answer,
      ...(outcome.answers === undefined ? {} : { answers: outcome.answers }),
    };
  }

  /**
   * The answers of a subscription, each once the audit log has recorded what it read. One that cannot be recorded is withheld and ends the
   * subscription, so that the client asks again for what it has missed.
   */
  audited(requester: Requester, answers: Answers): Answers {
    const about = { requestId: requester.requestId, operationName: null };
    const map = async (answer: EngineAnswer) => {
      logUnexpectedIn(this.#options.logger, answer.errors, about);
      if (!isAudited(answer)) return answer;
      const recorded = await this.#recorded(requester, answer);
      if (recorded === answer) return answer;
      void answers.return?.();
      return answerErrors(recorded.errors, 'request', false);
    };
    return derived(answers, { map });
  }

  /**
   * The answer, once its writes and reads are recorded in the audit log; an error in its place where the record could not be written and
   * the configuration requires it.
   */
  async #recorded(requester: Requester, answer: EngineAnswer): Promise<EngineAnswer> {
    const { audit } = this.#options;
    if (audit === undefined) return answer;
    try {
      const audited = this.#gate.auditedRequest(requester, answer.operationName ?? null);
      await audit.ran(requester.session, audited, answer);
      return answer;
    } catch (error) {
      if (!(error instanceof FozError)) throw error;
      // An operation that failed and wrote nothing reports its own errors, though the audit record is missing.
      if (answer.errors.length > 0 && (answer.written ?? []).length === 0) return answer;
      return answerErrors([...answer.errors, notRecorded(error, answer)], 'data', false);
    }
  }

  /** Records in the audit log that an operation was not permitted. The response does not wait for the record. */
  #refused(requester: Requester, { kind, errors }: EngineAnswer): void {
    const refusal = kind === 'request' ? errors.find(({ code }) => code === 'permission-error') : undefined;
    if (refusal !== undefined) this.#gate.refused(requester, refusal, requester.session);
  }
}

/** The refusal of a document that is not to be parsed, in the form of Apollo Server's refusals. */
function refusedDocument(error: FozError, { headers }: IncomingOperation): ApolloAnswer {
  const type = contentType(headers.get('accept')) ?? json;
  const { json: text } = answerErrors([error], 'request', false);
  return { status: type === json ? 200 : 400, headers: { 'content-type': type }, text, answer: null };
}

/** The operation of a request. Apollo Server parses the variables of a GET as doubles; where that loses digits, they are parsed here. */
function operationOf(
  operation: RequestContext['operation'],
  { method, search }: IncomingOperation,
): Pick<RequestContext, 'operation' | 'variables'> {
  const text = method === 'GET' ? new URLSearchParams(search).get('variables') : null;
  if (text === null) return { operation };
  try {
    const { value, hasExact } = readJson(text);
    if (hasExact && typeof value === 'object' && value !== null)
      return { operation: { ...operation, hasExact }, variables: value as RequestContext['variables'] & {} };
  } catch (error) {
    if (error instanceof FozError) throw error;
    // The body is not JSON. Apollo Server reports that.
  }
  return { operation };
}

/** The error for a write that was committed but not recorded. It says so, since the client would otherwise try again. */
function notRecorded(error: FozError, { written = [] }: EngineAnswer): FozError {
  const committed = [...new Set(written.map(({ source }) => source))];
  if (committed.length === 0) return error;
  return new FozError(
    error.code,
    `The audit log cannot be written now, so the answer is withheld. What this operation wrote to ${committed.join(', ')} is committed: do not repeat it.`,
    { details: { committed }, internal: error.internal, cause: error },
  );
}

function isAudited({ written, read }: EngineAnswer): boolean {
  return written !== undefined || read !== undefined;
}

/** The whole text of an answer. Throws FozError `limit-exceeded` where decompressing it would exceed the limits. */
export function wholeText(text: string, answer: EngineAnswer | null, held: HeldBytes | undefined): string {
  const packed = answer?.packed;
  if (packed === undefined) return text;
  held?.check(packed.bytes);
  return packed.text();
}

/** The `operationName` of a request. */
export function nameIn(body: unknown): string | null {
  const name = (body as { readonly operationName?: unknown } | null)?.operationName;
  return typeof name === 'string' ? name : null;
}

/**
 * Summarizes an operation for logs and metrics. `answer`: `null` where it was refused before it ran, whatever the status (which is 200 for
 * the media type `application/json`), and where it is a subscription, whose answers come later.
 */
export function outcome(
  lane: Outcome['lane'],
  operationName: string | null,
  session: Session,
  status: number,
  answer: EngineAnswer | null,
): Outcome {
  return { lane, operationName, role: session.role, status, result: resultOf(lane, answer) };
}

/** `ok`, the code of the first error, or `refused`. */
export function resultOf(lane: Outcome['lane'], answer: EngineAnswer | null): string {
  if (answer === null) return lane === 'live' ? 'ok' : 'refused';
  return answer.errors[0]?.code ?? 'ok';
}

/** The body as an operation, if it has no members but `query`, `operationName` and `variables`, each of the right type. */
export function plainOperation(body: unknown, base: RequestContext['operation']): Operation | undefined {
  if (body === null || typeof body !== 'object') return undefined;
  const { query, operationName, variables, extensions } = body as Readonly<Record<string, unknown>>;
  if (typeof query !== 'string' || query === '' || (extensions !== undefined && extensions !== null))
    return undefined;
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    return undefined;
  if (
    variables !== undefined &&
    variables !== null &&
    (typeof variables !== 'object' || Array.isArray(variables))
  )
    return undefined;
  return {
    query,
    operationName: operationName ?? null,
    variables: (variables as Readonly<Record<string, unknown>> | null | undefined) ?? {},
    hasExact: base.hasExact,
    session: base.session,
    signal: base.signal,
    timeoutMs: base.timeoutMs,
    held: base.held,
    beforeWrite: base.beforeWrite,
    writes: base.writes,
  };
}

export { HeaderMap };
