import { parse } from 'graphql';
import { type Case, casesOf, expectedOf, storeResult, updating } from '../support/cases/cases.ts';
import { type Instance, openInstance } from '../support/cases/instance.ts';
import { Renamer } from '../support/cases/rename.ts';
import { ask, askHot, rewritten, sorted } from '../support/cases/run.ts';
import { describeEngines, type Engine, engines } from '../support/engines.ts';

const cases = casesOf((topic) => !topic.startsWith('write-'));

describeEngines(engines, (engine) => {
  let instance: Instance;
  let renamer: Renamer;
  beforeAll(async () => {
    instance = await openInstance(engine, false);
    renamer = new Renamer(instance.hasura.options.schema, instance.graphql.options.schema);
  }, 120_000);
  afterAll(() => instance?.close());

  for (const one of cases) {
    const reason = one.options.except?.[engine];
    const title = reason === undefined ? one.name : `${one.name} (not on this engine: ${reason})`;
    test(title, async () => check(engine, instance, renamer, one), 30_000);
  }
});

async function check(engine: Engine, instance: Instance, renamer: Renamer, one: Case): Promise<void> {
  const { query, variables, options } = one;
  const asked = { query, variables, operationName: options.operationName };
  const text = await ask(instance.hasura, asked);
  const lacks = (options.operators ?? []).some((operator) => !operatorsOf(instance).has(operator));
  if (lacks) {
    // What an engine lacks is not in its graph.
    expect(JSON.parse(text).errors?.[0]?.extensions?.code).toBe('validation-failed');
    return;
  }
  if (options.except?.[engine] !== undefined) {
    expect(text).not.toBe('');
    return;
  }
  const answer = JSON.parse(text) as unknown;
  if (expectedOf(one) === null || (updating && engine === 'postgres')) {
    // Only the cases that are about refusals may have one as their answer.
    if (!one.name.startsWith('denied/')) expect(answer).not.toHaveProperty('errors');
    storeResult(one, answer);
  }
  const shape =
    options.json === true ? sorted : options.looseMessages === true ? codesOnly : (value: unknown) => value;
  const expected = JSON.stringify(shape(expectedOf(one)), null, 1);
  const same = (lane: string, given: string) =>
    expect(`${lane}\n${JSON.stringify(shape(JSON.parse(given)), null, 1)}`).toBe(`${lane}\n${expected}`);
  same('full path', text);
  const hot = await askHot(instance.hasura, asked);
  if ((answer as { errors?: unknown }).errors === undefined) expect(hot).toBe(text);

  if ((answer as { errors?: unknown }).errors !== undefined) return;
  if (instance.naive !== null) same('rows by statement instead of nested', await ask(instance.naive, asked));
  if (query.includes('__typename') || query.includes('__schema') || query.includes('__type')) return;
  const document = parse(query);
  same(
    'graphql-default names',
    await ask(instance.graphql, {
      ...asked,
      query: rewritten(renamer.document(document)),
      variables: renamer.variables(document, variables),
    }),
  );
}

function operatorsOf(instance: Instance): ReadonlySet<string> {
  return [...instance.connectors.values()][0]!.capabilities.operators;
}

/** Refusals whose message lists what an engine's graph offers: their codes. */
function codesOnly(value: unknown): unknown {
  const { errors } = value as {
    readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
  };
  return errors === undefined ? value : errors.map((error) => error.extensions.code);
}
