import { parse, validate } from 'graphql';
import { type Instance, openInstance } from '../support/cases/instance.ts';
import { ask, askHot } from '../support/cases/run.ts';
import { describeEngines, engines } from '../support/engines.ts';
import { alike } from './alike.ts';
import { operation } from './operations.ts';
import { answerOf } from './reference.ts';

const seed = Number(process.env.FOZ_SEED ?? 1);
const count = Number(process.env.FOZ_RANDOM ?? 200);

/** Random queries: every engine answers as the reference does, on the full path and on the hot lane with other values. */
describeEngines(engines, (engine) => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await openInstance(engine, false);
  }, 120_000);
  afterAll(() => instance?.close());

  const seeds = Array.from({ length: count }, (_, index) => seed + index);
  test.each(seeds)(
    'random query %i',
    async (number) => {
      const { schema } = instance.hasura.options;
      const { query, variables, others } = operation(schema, number);
      const document = parse(query);
      expect(validate(schema, document)).toEqual([]);
      const compare = async (lane: string, given: string, values: typeof variables) => {
        const expected = JSON.parse(JSON.stringify(await answerOf(schema, document, values))) as unknown;
        const difference = alike(JSON.parse(given), expected);
        if (difference !== null)
          throw new Error(
            `${lane}: ${difference}\n${query}\n${JSON.stringify(values)}\ngiven: ${given}\nexpected: ${JSON.stringify(expected)}`,
          );
      };
      await compare('full path', await ask(instance.hasura, { query, variables }), variables);
      if (instance.naive !== null)
        await compare(
          'rows by statement instead of nested',
          await ask(instance.naive, { query, variables }),
          variables,
        );
      const hot = await askHot(instance.hasura, { query, variables: others });
      await compare('hot lane', hot ?? (await ask(instance.hasura, { query, variables: others })), others);
    },
    30_000,
  );
});
