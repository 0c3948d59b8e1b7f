import { type DocumentNode, type GraphQLError, type GraphQLSchema, parse, print, validate } from 'graphql';
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
  const { document, refused } = readDocument(engine.options.schema, asked.query);
  return document === null ? refused : (await engine.execute({ ...request(asked), document })).json;
}

/** A document that is valid, or the answer that refuses it. */
type Read =
  | { readonly document: DocumentNode; readonly refused: null }
  | { readonly document: null; readonly refused: string };

/** Documents by schema. They are kept as the HTTP front keeps them: tests send one with many values, and validation takes longer than the answer. */
const documents = new WeakMap<GraphQLSchema, Map<string, Read>>();
const mostKept = 200;

/** Parses and validates a document. */
export function readDocument(schema: GraphQLSchema, query: string): Read {
  const kept = documents.get(schema) ?? new Map<string, Read>();
  documents.set(schema, kept);
  const known = kept.get(query);
  if (known !== undefined) return known;
  const found = parsed(schema, query);
  if (kept.size >= mostKept) kept.clear();
  kept.set(query, found);
  return found;
}

function parsed(schema: GraphQLSchema, query: string): Read {
  const refuse = (code: string, errors: readonly GraphQLError[], places: readonly string[]) => ({
    document: null,
    refused: refusal(code, errors, places),
  });
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: 20_000 });
  } catch (error) {
    return refuse('parse-failed', [error as GraphQLError], ['$']);
  }
  const errors = validate(schema, document);
  if (errors.length > 0) return refuse('validation-failed', errors, placesOf(errors, document));
  return { document, refused: null };
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
