import { parse } from 'graphql';
import { type Case, casesOf, expectedOf } from '../support/cases/cases.ts';
import { type Instance, openInstance } from '../support/cases/instance.ts';
import { Variants } from '../support/cases/variants.ts';
import { alike } from './alike.ts';
import { answerOf } from './reference.ts';

/** Skips refusals, and variants that the reference does not support: `extra` (PostgreSQL only) and `numbers`. */
const isKnown = ({ name, options: { variant } }: Case) =>
  !name.startsWith('write-') &&
  !name.startsWith('denied/') &&
  (variant === undefined || variant === 'customized');

/** Compares the stored answers of the reading cases with the reference, which computes them from the fixtures in memory. */
describe('reading cases against the reference', () => {
  let instance: Instance;
  let variants: Variants;
  beforeAll(async () => {
    instance = await openInstance('pglite', false);
    variants = new Variants('pglite', instance);
  }, 120_000);
  afterAll(() => instance?.close());

  test.each(casesOf(() => true).filter(isKnown))('$name', async (one) => {
    const { variant, operationName } = one.options;
    const { options } = variant === undefined ? instance.hasura : await variants.get(variant);
    const answer = await answerOf(options.schema, parse(one.query), one.variables, operationName);
    expect(alike(expectedOf(one), JSON.parse(JSON.stringify(answer)))).toBeNull();
  });
});
