import type { Connector } from '../../src/plan/index.ts';
import { loadScript } from '../catalogs/load.ts';
import { casesOf } from '../support/cases/cases.ts';
import { type Instance, openInstance } from '../support/cases/instance.ts';
import {
  explained,
  fullPath,
  hotLane,
  naive,
  oneOfSeveral,
  otherNames,
  type Trial,
} from '../support/cases/lanes.ts';
import { hindrance } from '../support/cases/needs.ts';
import { Renamer } from '../support/cases/rename.ts';
import { ask } from '../support/cases/run.ts';
import { Variants } from '../support/cases/variants.ts';
import { testEngines } from '../support/engine/index.ts';
import { standInLacks } from '../support/engine/stand-in.ts';
import { describeTurns } from '../support/turns.ts';

const cases = casesOf((topic) => !topic.startsWith('write-'));

/** Each case runs on every path of a request; the answer must be the same text on every engine. */
describeTurns(['pg', 'oracle', 'mysql'], (engine) => {
  let instance: Instance;
  let renamer: Renamer;
  let variants: Variants;
  let ran = 0;
  let together = 0;
  beforeAll(async () => {
    instance = await openInstance(engine, false);
    variants = new Variants(engine, instance);
    renamer = new Renamer(instance.hasura.options.schema, instance.graphql.options.schema);
  }, 120_000);
  afterAll(async () => {
    await variants?.close();
    await instance?.close();
  });

  for (const one of cases) {
    const reason = one.options.except?.[engine];
    const lack = standInLacks(engine, one.name);
    if (lack !== undefined) {
      test.skip(`${one.name} (not on the stand-in: ${lack})`, () => {});
      continue;
    }
    const title = reason === undefined ? one.name : `${one.name} (not on this engine: ${reason})`;
    test(title, async () => {
      const { variant } = one.options;
      // Left out on an engine that has no extra columns.
      if (variant === 'extra' && testEngines[engine].hasExtra !== true)
        return expect(() => loadScript(engine, 'pg_extra')).toThrow();
      const asked = variant === undefined ? instance.hasura : await variants.get(variant);
      ran++;
      if (await check({ engine, instance, asked, renamer, one })) together++;
    }, 30_000);
  }

  // Left out where only some of the cases were chosen.
  test('cases with values run as one of several sets of parameters, where the engine takes several', () => {
    const [{ capabilities }] = [...instance.connectors.values()] as [Connector];
    if (ran < cases.length / 2) return;
    if (capabilities.parameterSets) expect(together).toBeGreaterThan(ran / 5);
    else expect(together).toBe(0);
  });
});

/** Returns whether the case also ran as one of several sets of parameters. */
async function check(trial: Trial): Promise<boolean> {
  const { engine, instance, asked, one } = trial;
  const { query, variables, options } = one;
  const [{ capabilities }] = [...instance.connectors.values()] as [Connector];
  const hindered = hindrance(options, { engine, capabilities, schema: instance.hasura.options.schema });
  if (hindered !== null || options.except?.[engine] !== undefined) {
    const text = await ask(asked, { query, variables, operationName: options.operationName });
    // A feature that an engine lacks is missing in its graph.
    if (hindered === 'refused')
      expect(JSON.parse(text).errors?.[0]?.extensions?.code).toBe('validation-failed');
    else expect(text).toMatch(/^\{"(data|errors)"/);
    return false;
  }
  const expected = await fullPath(trial);
  await hotLane(trial, expected);
  if (expected.startsWith('{"errors"')) return false;
  await explained(trial);
  await naive(trial, expected);
  await otherNames(trial, expected);
  return oneOfSeveral(trial, expected);
}
