import { type StepKind, template } from './step.ts';

/** Evaluates the expressions in a value, which is its output. */
export const transform: StepKind<{ readonly value: unknown }> = {
  kind: 'transform',
  settings: { value: template },
  required: ['value'],
  templates: ['value'],
  hasEffect: false,
  run: async ({ value }) => value,
};
