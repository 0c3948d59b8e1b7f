import { type StepKind, template } from './step.ts';

/** Its output is a value with expressions. */
export const transform: StepKind<{ readonly value: unknown }> = {
  kind: 'transform',
  settings: { value: template },
  required: ['value'],
  templates: ['value'],
  hasEffect: false,
  run: async ({ value }) => value,
};
