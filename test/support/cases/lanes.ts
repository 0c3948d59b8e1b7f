import { parse } from 'graphql';
import { printExplained, type RoleEngine } from '../../../src/execute/index.ts';
import { preparePlan } from '../../../src/execute/prepared.ts';
import { compileCoercion, operationOf, printPlan } from '../../../src/plan/index.ts';
import type { Engine } from '../engines.ts';
import { asVariables } from './as-variables.ts';
import type { Case } from './cases.ts';
import { golden } from './goldens.ts';
import type { Instance } from './instance.ts';
import type { Renamer } from './rename.ts';
import { ask, askHot, rewritten, sorted } from './run.ts';
import { compact, pretty } from './text.ts';

/** One case on one engine. */
export interface Trial {
  readonly engine: Engine;
  readonly instance: Instance;
  /** The engine that runs the case: the instance's, or the one of the case's variant. */
  readonly asked: RoleEngine;
  readonly renamer: Renamer;
  readonly one: Case;
}

const askedOf = ({ query, variables, options }: Case) => ({
  query,
  variables,
  operationName: options.operationName,
});

/** Runs the full path and returns the text of the answer, which must equal `result.json` exactly. */
export async function fullPath({ engine, asked, one }: Trial): Promise<string> {
  const text = await ask(asked, askedOf(one));
  // Only cases about refusals may have a refusal as their answer.
  if (!one.name.startsWith('denied/') && text.startsWith('{"errors"'))
    throw new Error(`${one.name} is refused: ${text}`);
  const stored = golden(one, 'result.json', engine, pretty(text));
  same('full path', one, text, compact(stored));
  return text;
}

/** The hot lane must return the same text. Refused operations have no cached plan. */
export async function hotLane({ asked, one }: Trial, expected: string): Promise<void> {
  const hot = await askHot(asked, askedOf(one));
  if (!expected.startsWith('{"errors"')) same('hot lane', one, hot ?? 'not planned', expected);
  else if (hot !== undefined) same('hot lane', one, hot, expected);
}

/** Without nesting (one statement per level) the answer must be the same. */
export async function naive({ instance, one }: Trial, expected: string): Promise<void> {
  if (instance.naive === null || one.options.variant !== undefined) return;
  same('rows by statement instead of nested', one, await ask(instance.naive, askedOf(one)), expected);
}

/** The same operation under the names of the other naming convention. Introspection is skipped, since its type names differ. */
export async function otherNames({ instance, renamer, one }: Trial, expected: string): Promise<void> {
  if (one.options.variant !== undefined || /__schema|__type\b/.test(one.query)) return;
  const document = parse(one.query);
  const renamed = {
    ...askedOf(one),
    query: rewritten(renamer.document(document)),
    variables: renamer.variables(document, one.variables),
  };
  const text = await ask(instance.graphql, renamed);
  const given = one.query.includes('__typename') ? renamer.typeNames(text) : text;
  same('graphql-default names', one, given, expected);
}

/**
 * As one of several sets of parameters that share a statement, each constant as a variable, the answer must be the same. Returns whether
 * the plan has such a statement.
 */
export async function oneOfSeveral({ asked, one }: Trial, expected: string): Promise<boolean> {
  const { connectorOf } = asked.options;
  const { plan, variables } = asVariables(planOf(asked, one).plan);
  const coerce = compileCoercion(
    asked.options.schema,
    operationOf(parse(one.query), one.options.operationName ?? null),
  );
  const bindings = {
    variables: { ...coerce(one.variables), ...variables },
    session: new Map<string, string>(),
    steps: [],
    parents: null,
  };
  const prepared = preparePlan(connectorOf, plan);
  const context = { signal: new AbortController().signal, timeoutMs: null };
  if (prepared.sets === null) return false;
  for (const text of await prepared.sets.run([bindings, bindings, bindings], context))
    same('one of several sets of parameters', one, text === null ? 'alone' : `{"data":${text}}`, expected);
  return true;
}

/** Compares the printed plan, which all engines share, and for some cases the statements of the engine. */
export async function explained({ engine, asked, one }: Trial): Promise<void> {
  const plan = planOf(asked, one);
  if (one.options.plan !== false)
    expect(printPlan(plan.plan)).toBe(golden(one, 'plan.txt', engine, printPlan(plan.plan)));
  if (one.options.sql !== true) return;
  const statements = `${printExplained(await plan.explain())}\n`;
  expect(statements).toBe(golden(one, `${engine}.sql`, engine, statements));
}

function planOf(engine: RoleEngine, { query, variables, options }: Case) {
  const operationName = options.operationName ?? null;
  return engine.explain({ query, variables, operationName, document: parse(query) });
}

/** Compares texts exactly; answers with JSON columns by value; answers with the engine's own messages by their error codes. */
function same(lane: string, one: Case, given: string, expected: string): void {
  const shape = one.options.json ? sorted : one.options.looseMessages ? codesOnly : null;
  if (shape === null && given === expected) return;
  const spread = (text: string) =>
    shape === null || !text.startsWith('{') ? text : JSON.stringify(shape(JSON.parse(text)));
  expect(`${lane}\n${pretty(spread(given))}`).toBe(`${lane}\n${pretty(spread(expected))}`);
}

/** Reduces refusals to their codes, since the messages list what the engine's graph offers. */
function codesOnly(value: unknown): unknown {
  const { errors } = value as {
    readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
  };
  return errors === undefined ? value : errors.map((error) => error.extensions.code);
}
