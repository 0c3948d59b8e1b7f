import { FozError } from '../../core/index.ts';
import { isTrue } from './condition.ts';
import { type StepDefinition, type StepKind, stepList, template } from './step.ts';

interface While {
  readonly if: unknown;
  readonly steps: readonly StepDefinition[];
  readonly most: number;
}

/**
 * Does steps again and again while a condition holds, which sees the outputs of the last pass, and the number of the next one as `index`. Its
 * output is that of the last step of the last pass. It fails where the condition still holds after the most passes.
 */
export const whileStep: StepKind<While> = {
  kind: 'while',
  settings: { if: template, steps: stepList, most: { type: 'integer', minimum: 1, maximum: 10_000 } },
  required: ['if', 'steps', 'most'],
  templates: [],
  lateTemplates: ['if'],
  hasEffect: false,
  nested: (step) => [['steps', step.steps as readonly StepDefinition[]]],
  async run({ if: condition, steps, most }, { block, decided }) {
    let output: unknown = null;
    for (let index = 0; ; index++) {
      if (!isTrue(await decided(`${index}/#if`, condition, { index }))) return output;
      if (index === most)
        throw new FozError(
          'limit-exceeded',
          `The condition still holds after ${most} passes, the most that this step allows.`,
        );
      output = await block(steps, index);
    }
  },
};
