import { type DocumentNode, parse, print, validate } from 'graphql';
import { HeldBytes } from '../../../src/core/index.ts';
import type { RoleEngine } from '../../../src/execute/index.ts';

export interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  /** Session variables, lower case without prefix. */
  readonly session?: ReadonlyMap<string, string>;
  /** Bytes that the request may hold. */
  readonly answerBytes?: number;
}

/** Asks an engine as the HTTP front does: parsed and validated, then run. Gives the answer's text. */
export async function ask(engine: RoleEngine, asked: Asked): Promise<string> {
  let document: DocumentNode;
  try {
    document = parse(asked.query, { maxTokens: 20_000 });
  } catch (error) {
    return refusal('parse-failed', [(error as Error).message]);
  }
  const errors = validate(engine.options.schema, document);
  if (errors.length > 0)
    return refusal(
      'validation-failed',
      errors.map((error) => error.message),
    );
  return (await engine.execute({ ...request(asked), document })).json;
}

/** The hot lane; `undefined`: the operation is not planned. */
export async function askHot(engine: RoleEngine, asked: Asked): Promise<string | undefined> {
  return (await engine.cached(request(asked)))?.json;
}

function request({ query, variables, operationName, session, answerBytes }: Asked) {
  return {
    query,
    variables,
    operationName: operationName ?? null,
    session: session ?? new Map<string, string>(),
    signal: new AbortController().signal,
    timeoutMs: 20_000,
    ...(answerBytes === undefined ? {} : { held: new HeldBytes(answerBytes) }),
  };
}

function refusal(code: string, messages: readonly string[]): string {
  return JSON.stringify({
    errors: messages.map((message) => ({ message, extensions: { path: '$', code } })),
  });
}

/** The operation as another text, with its own plan. */
export function rewritten(document: DocumentNode): string {
  return print(document);
}

/** Members of objects in alphabetical order, for answers whose order is the engine's. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
