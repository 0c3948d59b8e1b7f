import { FozError } from '../../core/index.ts';
import { failureOf } from '../failure.ts';
import { type StepDefinition, type StepKind, stepList, template } from './step.ts';

interface ForEach {
  readonly items: unknown;
  readonly steps: readonly StepDefinition[];
  readonly concurrency?: number;
  readonly continueOnError?: boolean;
}

/** Most items of a repetition: each step of each item has a record of its own. */
const mostItems = 10_000;

/**
 * Does steps for each item of a list. Its output is the list of the outputs. With `continueOnError` a failed item has `{ error }` as its
 * output; otherwise the first failure ends the repetition.
 */
export const forEach: StepKind<ForEach> = {
  kind: 'forEach',
  settings: {
    items: template,
    steps: stepList,
    concurrency: { type: 'integer', minimum: 1, maximum: 100 },
    continueOnError: { type: 'boolean' },
  },
  required: ['items', 'steps'],
  templates: ['items'],
  hasEffect: false,
  nested: (step) => [['steps', step.steps as readonly StepDefinition[]]],
  async run({ items, steps, concurrency = 1, continueOnError = false }, { branches }) {
    const list = itemsOf(items);
    if (list.length > mostItems)
      throw new FozError(
        'limit-exceeded',
        `A repetition has ${list.length} items; at most ${mostItems} are allowed.`,
      );
    const results = await branches(
      list.map((item, index) => ({ name: String(index), steps, scope: { item, index } })),
      { concurrency, isEnough: (result) => 'failure' in result && !continueOnError },
    );
    const failed = results.find((result) => 'failure' in result);
    if (failed !== undefined && !continueOnError) throw failed.failure;
    return results.map((result) =>
      'failure' in result ? { error: failureOf(result.failure) } : result.output,
    );
  },
};

/** The items of a repetition: those of a list, none for null, else the value itself. */
export function itemsOf(items: unknown): readonly unknown[] {
  if (Array.isArray(items)) return items;
  return items === null || items === undefined ? [] : [items];
}
