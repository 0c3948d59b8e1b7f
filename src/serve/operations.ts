import type { Session } from '../access/index.ts';
import { checkDocumentNesting, FozError, type HeldBytes, readJson } from '../core/index.ts';
import { answerErrors, type EngineAnswer } from '../execute/index.ts';
import { type ApolloServers, HeaderMap, type RequestContext } from './apollo.ts';
import type { Operation } from './engine.ts';
import type { Asker, Gate } from './gate.ts';
import { contentType, json } from './media-type.ts';
import type { ServerOptions } from './options.ts';
import { logUnexpected, logUnexpectedIn } from './unexpected.ts';

/** What one GraphQL request came to, for logs and metrics. */
export interface Outcome {
  readonly lane: 'hot' | 'full' | 'refused';
  readonly operationName: string | null;
  readonly role: string | null;
  readonly status: number;
  /** `ok`, or the code of the first error. */
  readonly result: string;
}

/** An operation as it came, with the HTTP request that Apollo Server is shown. */
export interface Asked {
  readonly method: string;
  readonly headers: HeaderMap;
  readonly search: string;
  readonly body: unknown;
}

/** What an operation came to over Apollo Server. */
export interface Answered {
  /** The HTTP status that fits. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The answer as JSON; empty where `answer` holds it packed. */
  readonly text: string;
  /** `null`: it was refused before it ran. */
  readonly answer: EngineAnswer | null;
}

/** Runs operations, and keeps account of what they wrote and read, whatever they came over. */
export class Operations {
  readonly #options: ServerOptions;
  readonly #gate: Gate;
  readonly #servers: ApolloServers;

  constructor(options: ServerOptions, gate: Gate, servers: ApolloServers) {
    this.#options = options;
    this.#gate = gate;
    this.#servers = servers;
  }

  /** The hot lane; `undefined`: the operation is not planned yet. */
  async planned(asker: Asker, operation: Operation): Promise<EngineAnswer | undefined> {
    const answer = await this.#options.engine.cached(operation);
    if (answer !== undefined && answer.errors.length > 0)
      logUnexpectedIn(this.#options.logger, answer.errors, {
        requestId: asker.requestId,
        operationName: operation.operationName,
      });
    if (answer === undefined || !isAccountable(answer)) return answer;
    return this.#accounted(asker, answer);
  }

  /** Everything else: over Apollo Server, which parses, validates and refuses. */
  async full(asker: Asker, base: RequestContext['operation'], asked: Asked): Promise<Answered> {
    const { query } = (asked.body ?? {}) as { readonly query?: unknown };
    if (typeof query === 'string') {
      try {
        checkDocumentNesting(query);
      } catch (error) {
        return refusedDocument(error as FozError, asked);
      }
    }
    const seen: RequestContext['seen'] = { answer: null, hasSource: false, failures: [] };
    const context: RequestContext = { ...operationOf(base, asked), seen };
    const server = await this.#servers.of(base.session);
    const result = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: asked,
      context: async () => context,
    });
    let text = result.body.kind === 'complete' ? result.body.string : '';
    const about = { requestId: asker.requestId, operationName: nameIn(asked.body) };
    for (const failure of seen.failures) logUnexpected(this.#options.logger, failure, about);
    if (seen.answer !== null) {
      logUnexpectedIn(this.#options.logger, seen.answer.errors, about);
      this.#refused(asker, seen.answer);
    }
    if (seen.answer !== null && isAccountable(seen.answer)) {
      const told = await this.#accounted(asker, seen.answer);
      if (told !== seen.answer) text = told.json;
      seen.answer = told;
    }
    const status = result.status ?? 200;
    // A client that takes plain JSON reads errors in the body: GraphQL over HTTP, section 6.4.1.
    const isPlain = result.headers.get('content-type') === json;
    return {
      status: status === 400 && seen.hasSource && isPlain ? 200 : status,
      headers: Object.fromEntries(result.headers),
      text,
      answer: seen.answer,
    };
  }

  /** The answer, after account is kept of what was written and read; another one where that failed and must not. */
  async #accounted(asker: Asker, answer: EngineAnswer): Promise<EngineAnswer> {
    const { accounts } = this.#options;
    if (accounts === undefined) return answer;
    try {
      const account = this.#gate.accountOf(asker, answer.operationName ?? null);
      await accounts.ran(asker.session, account, answer);
      return answer;
    } catch (error) {
      if (!(error instanceof FozError)) throw error;
      // What failed is told as such, though that could not be written down.
      if (answer.errors.length > 0 && (answer.written ?? []).length === 0) return answer;
      return answerErrors([...answer.errors, unaccounted(error, answer)], 'data', false);
    }
  }

  /** An operation that the role may not ask for is told to who keeps account; nobody waits until that is written down. */
  #refused(asker: Asker, { kind, errors }: EngineAnswer): void {
    const refusal = kind === 'request' ? errors.find(({ code }) => code === 'permission-error') : undefined;
    if (refusal !== undefined) this.#gate.refused(asker, refusal, asker.session);
  }
}

/** The refusal of a document that must not be parsed, in the form of Apollo Server's refusals. */
function refusedDocument(error: FozError, { headers }: Asked): Answered {
  const type = contentType(headers.get('accept')) ?? json;
  const { json: text } = answerErrors([error], 'request', false);
  return { status: type === json ? 200 : 400, headers: { 'content-type': type }, text, answer: null };
}

/** Apollo Server reads the variables of a GET itself, as doubles; where that loses digits, they are read here. */
function operationOf(
  operation: RequestContext['operation'],
  { method, search }: Asked,
): Pick<RequestContext, 'operation' | 'variables'> {
  const text = method === 'GET' ? new URLSearchParams(search).get('variables') : null;
  if (text === null) return { operation };
  try {
    const { value, hasExact } = readJson(text);
    if (hasExact && typeof value === 'object' && value !== null)
      return { operation: { ...operation, hasExact }, variables: value as RequestContext['variables'] & {} };
  } catch (error) {
    if (error instanceof FozError) throw error;
    // Apollo Server reports the error in the text.
  }
  return { operation };
}

/** The error of a write that is done and not written down must not invite to do it again. */
function unaccounted(error: FozError, { written = [] }: EngineAnswer): FozError {
  const committed = [...new Set(written.map(({ source }) => source))];
  if (committed.length === 0) return error;
  return new FozError(
    error.code,
    `The audit log cannot be written now, so the answer is withheld. What this operation wrote to ${committed.join(', ')} is committed: do not repeat it.`,
    { details: { committed }, internal: error.internal, cause: error },
  );
}

function isAccountable({ written, read }: EngineAnswer): boolean {
  return written !== undefined || read !== undefined;
}

/** The whole text of an answer. Throws FozError `limit-exceeded` for a compressed one that would be too long. */
export function wholeText(text: string, answer: EngineAnswer | null, held: HeldBytes | undefined): string {
  const packed = answer?.packed;
  if (packed === undefined) return text;
  held?.check(packed.bytes);
  return packed.text();
}

/** The name that a request gives to its operation. */
export function nameIn(body: unknown): string | null {
  const name = (body as { readonly operationName?: unknown } | null)?.operationName;
  return typeof name === 'string' ? name : null;
}

/** What an operation came to. `answer`: `null` where it was refused before it ran. */
export function outcome(
  lane: Outcome['lane'],
  operationName: string | null,
  session: Session,
  status: number,
  answer: EngineAnswer | null,
): Outcome {
  const result = answer === null ? (status < 400 ? 'ok' : 'refused') : (answer.errors[0]?.code ?? 'ok');
  return { lane, operationName, role: session.role, status, result };
}

/** The body as an operation, if it has nothing but `query`, `operationName` and `variables` of the right kind. */
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
  };
}

export { HeaderMap };
