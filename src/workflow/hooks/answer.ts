import type { RunAnswer } from '../runs/answers.ts';

/** A call of an inbound webhook. */
export interface HookRequest {
  readonly method: string;
  /** Below `/hooks/`. */
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  /** Names in lower case; of a repeated header the values are joined. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly address: string | null;
  /** Reads the body; rejects where it has more bytes. */
  read(most: number): Promise<Buffer>;
  /** Aborts when the caller is gone. */
  readonly signal?: AbortSignal;
}

export interface HookAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A refusal of a call. `reason`: for the log alone. */
export class HookRefused extends Error {
  readonly status: number;
  readonly code: string;
  readonly reason: string | null;
  readonly details: unknown;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    status: number,
    code: string,
    message: string,
    reason: string | null = null,
    details: unknown = undefined,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.headers = headers;
  }
}

/** A browser shows an answer as a document without scripts, forms and an origin: the console has the origin of the server. */
const contained = {
  'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const;
const safe = { 'cache-control': 'no-store', ...contained } as const;

export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HookAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...safe, ...headers },
    body: JSON.stringify(value),
  };
}

export function plainText(text: string): HookAnswer {
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8', ...safe }, body: text };
}

export function refusal({ status, code, message, details, headers }: HookRefused): HookAnswer {
  const extensions = { code, ...(details === undefined ? {} : { details }) };
  const retry: Record<string, string> = status === 503 ? { 'retry-after': '5' } : {};
  return json(status, { errors: [{ message, extensions }] }, { ...retry, ...headers });
}

/** Headers that belong to the connection. */
const ofConnection = /^(?:connection|keep-alive|transfer-encoding|content-length|upgrade|te|trailer)$/i;
/** Headers that browsers apply to the whole origin or host, which the console shares. */
const ofOrigin =
  /^(?:set-cookie2?|clear-site-data|service-worker-allowed|strict-transport-security|public-key-pins|alt-svc|nel|report-to|reporting-endpoints|origin-agent-cluster|sourcemap|x-sourcemap)$/i;

/** The answer to a call that has waited for its run. */
export function ofRun(run: string, answer: RunAnswer): HookAnswer {
  if (answer.kind === 'done') return json(200, { run, output: answer.output });
  if (answer.kind !== 'response')
    return json(500, {
      errors: [
        {
          message: `The run ${run} has ${answer.kind === 'failed' ? 'failed' : 'been cancelled'}.`,
          extensions: { code: 'unexpected' },
        },
      ],
    });
  const { status, headers, body } = answer.response;
  const own = Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !ofConnection.test(name) && !ofOrigin.test(name))
      .map(([name, value]) => [name.toLowerCase(), value]),
  );
  const isText = typeof body === 'string';
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  return {
    status,
    headers: { 'content-type': type, ...safe, ...own, ...contained },
    body: isText ? body : body === null ? '' : JSON.stringify(body),
  };
}
