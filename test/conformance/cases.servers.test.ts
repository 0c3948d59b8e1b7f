import { parse } from 'graphql';
import { casesOf, expectedOf } from '../support/cases/cases.ts';
import { type Instance, openInstance } from '../support/cases/instance.ts';
import { sorted } from '../support/cases/run.ts';
import { answerOf } from './reference.ts';

/** The stored answers of the reading cases, against the reference that works them out from the fixtures in memory. */
describe('reading cases against the reference', () => {
  let instance: Instance;
  beforeAll(async () => {
    instance = await openInstance('pglite', false);
  }, 120_000);
  afterAll(() => instance?.close());

  const cases = casesOf((topic) => !topic.startsWith('write-') && topic !== 'denied');
  test.each(cases)('$name', async (one) => {
    const { schema } = instance.hasura.options;
    const answer = await answerOf(schema, parse(one.query), one.variables, one.options.operationName);
    const shape = one.options.json === true ? sorted : (value: unknown) => value;
    expect(JSON.stringify(shape(JSON.parse(JSON.stringify(answer))), null, 1)).toBe(
      JSON.stringify(shape(expectedOf(one)), null, 1),
    );
  });
});
