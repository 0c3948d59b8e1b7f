import { type DocumentNode, type GraphQLError, parse, print, validate } from 'graphql';
import { HeldBytes } from '../../../src/core/index.ts';
import type { RoleEngine } from '../../../src/execute/index.ts';
import { placesOf } from '../../../src/serve/index.ts';

export interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  /** Session variables, lower case without prefix. */
  readonly session?: ReadonlyMap<string, string>;
  /** Limit on the bytes of the answer. */
  readonly answerBytes?: number;
}

/** Runs an operation like the HTTP front: parse, validate, execute. Returns the text of the answer. */
export async function ask(engine: RoleEngine, asked: Asked): Promise<string> {
  let document: DocumentNode;
  try {
    document = parse(asked.query, { maxTokens: 20_000 });
  } catch (error) {
    return refusal('parse-failed', [error as GraphQLError], ['$']);
  }
  const errors = validate(engine.options.schema, document);
  if (errors.length > 0) return refusal('validation-failed', errors, placesOf(errors, document));
  return (await engine.execute({ ...request(asked), document })).json;
}

/** Runs an operation on the hot lane; `undefined`: it has no cached plan. */
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

function refusal(code: string, errors: readonly GraphQLError[], places: readonly string[]): string {
  return JSON.stringify({
    errors: errors.map(({ message }, index) => ({ message, extensions: { path: places[index], code } })),
  });
}

/** The operation in another spelling, which gets its own plan. */
export function rewritten(document: DocumentNode): string {
  return print(document);
}

/** Sorts the members of objects, for answers whose member order depends on the engine. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
