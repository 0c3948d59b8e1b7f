import { parse } from 'graphql';
import type { RoleEngine } from '../../src/execute/index.ts';
import type { Connector } from '../../src/plan/index.ts';
import { type Case, casesOf, expectedOf, storeResult, updating } from '../support/cases/cases.ts';
import { attachment, type Instance, openInstance, roleEngine } from '../support/cases/instance.ts';
import { explained } from '../support/cases/lanes.ts';
import { hindrance } from '../support/cases/needs.ts';
import { Renamer } from '../support/cases/rename.ts';
import { ask, askHot, rewritten, sorted } from '../support/cases/run.ts';
import { expectExplained, explanationOf, recording, type Sent } from '../support/cases/sent.ts';
import { standInNamesNoConstraint } from '../support/engine/stand-in.ts';
import type { Engine } from '../support/engines.ts';
import { describeTurns } from '../support/turns.ts';

const cases = casesOf((topic) => topic.startsWith('write-'));

/** Each case runs three times on the initial rows: on the full path, on the hot lane, and with the other naming convention. */
describeTurns(['oracle'], (engine) => {
  let instance: Instance;
  let renamer: Renamer;
  const sent: Sent[] = [];
  beforeAll(async () => {
    const opened = await openInstance(engine, true, 'writing');
    const hasura = await roleEngine(recording(opened.connectors, sent), attachment({}));
    instance = { ...opened, hasura };
    renamer = new Renamer(instance.hasura.options.schema, instance.graphql.options.schema);
  }, 120_000);
  afterAll(() => instance?.close());

  for (const one of cases) {
    const reason = one.options.except?.[engine];
    test(
      reason === undefined ? one.name : `${one.name} (not on this engine: ${reason})`,
      () => check(engine, instance, renamer, one, sent),
      60_000,
    );
  }
});

async function check(
  engine: Engine,
  instance: Instance,
  renamer: Renamer,
  one: Case,
  sent: Sent[],
): Promise<void> {
  const { query, variables, options } = one;
  const asked = { query, variables, operationName: options.operationName };
  const first = await answerOf(instance, instance.hasura, one, async () => {
    const explained = await explanationOf(instance.hasura, asked);
    sent.length = 0;
    const answer = await ask(instance.hasura, asked);
    if (explained !== null) expectExplained(explained, sent, answer);
    return answer;
  });
  const [{ capabilities }] = [...instance.connectors.values()] as [Connector];
  if (hindrance(options, { engine, capabilities, schema: instance.hasura.options.schema }) === 'refused')
    return expect(first.answer).toMatchObject({ errors: [{ extensions: { code: 'validation-failed' } }] });
  if (options.except?.[engine] !== undefined) return expect(first.answer).toBeDefined();
  if (expectedOf(one) === null || (updating && engine === 'postgres')) storeResult(one, first);
  const shape =
    options.json === true ? sorted : options.looseMessages === true ? codesOnly : (value: unknown) => value;
  const whole = shape(expectedOf(one));
  const isTold = options.columnsUnknown?.includes(engine) !== true && !standInNamesNoConstraint(engine);
  const expected = JSON.stringify(isTold ? whole : withoutColumns(whole), null, 1);
  const same = (lane: string, given: unknown) =>
    expect(`${lane}\n${JSON.stringify(shape(given), null, 1)}`).toBe(`${lane}\n${expected}`);
  same('full path', first);
  if ('errors' in (first.answer as object)) return;
  await explained({ engine, instance, asked: instance.hasura, renamer, one });
  same(
    'hot lane',
    await answerOf(
      instance,
      instance.hasura,
      one,
      async () => (await askHot(instance.hasura, asked)) ?? '"not planned"',
    ),
  );
  if (query.includes('__typename')) return;
  const document = parse(query);
  const renamed = {
    ...asked,
    query: rewritten(renamer.document(document)),
    variables: renamer.variables(document, variables),
  };
  same(
    'graphql-default names',
    await answerOf(instance, instance.hasura, one, () => ask(instance.graphql, renamed)),
  );
}

/** The answer and the rows after it; then the tables are reset. */
async function answerOf(
  instance: Instance,
  engine: RoleEngine,
  one: Case,
  run: () => Promise<string>,
): Promise<{ answer: unknown; after: unknown }> {
  try {
    const answer = JSON.parse(await run()) as unknown;
    const after =
      one.options.after === undefined
        ? null
        : (JSON.parse(await ask(engine, { query: one.options.after, variables: {} })) as { data: unknown })
            .data;
    return { answer, after };
  } finally {
    await instance.reset(one.options.tables ?? []);
  }
}

/** Codes, paths and columns only, for errors whose message and other details are the engine's own. */
function codesOnly(value: unknown): unknown {
  const { answer, after } = value as {
    readonly answer: {
      readonly errors?: readonly {
        readonly extensions: Readonly<Record<'code' | 'path' | 'columns', unknown>>;
      }[];
    };
    readonly after: unknown;
  };
  if (answer.errors === undefined) return value;
  return {
    answer: {
      errors: answer.errors.map(({ extensions: { code, path, columns } }) => ({
        code,
        path,
        ...(columns === undefined ? {} : { columns }),
      })),
    },
    after,
  };
}

/** For engines that do not tell which constraint was broken. */
function withoutColumns(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, part) => (name === 'columns' ? undefined : part)));
}
