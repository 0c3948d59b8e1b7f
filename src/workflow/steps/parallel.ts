import { type BranchResult, type StepDefinition, type StepKind, stepList } from './step.ts';

interface Parallel {
  readonly branches: Readonly<Record<string, readonly StepDefinition[]>>;
  readonly mode?: 'all' | 'any' | 'race';
}

/**
 * Does lists of steps at the same time. `all`: every branch must succeed; the output is an object of the outputs. `any`: that of the first branch
 * that succeeds. `race`: that of the first one that ends, also by failing. Branches that are not needed any more are aborted.
 */
export const parallel: StepKind<Parallel> = {
  kind: 'parallel',
  settings: {
    branches: { type: 'object', minProperties: 1, maxProperties: 50, additionalProperties: stepList },
    mode: { enum: ['all', 'any', 'race'] },
  },
  required: ['branches'],
  templates: [],
  hasEffect: false,
  nested: (step) =>
    Object.entries(step.branches as Parallel['branches']).map(
      ([name, steps]) => [`branches/${name}`, steps] as const,
    ),
  async run({ branches, mode = 'all' }, context) {
    const enough: Record<typeof mode, (result: BranchResult) => boolean> = {
      all: (result) => 'failure' in result,
      any: (result) => 'output' in result,
      race: () => true,
    };
    const list = Object.entries(branches).map(([name, steps]) => ({ name, steps }));
    const results = await context.branches(list, { concurrency: list.length, isEnough: enough[mode] });
    const failed = results.find((result) => 'failure' in result);
    if (mode === 'all') {
      if (failed !== undefined) throw failed.failure;
      return Object.fromEntries(
        results.map((result) => [result.name, 'output' in result ? result.output : null]),
      );
    }
    const succeeded = results.find((result) => 'output' in result);
    if (succeeded === undefined) throw failed!.failure;
    return succeeded.output;
  },
};
