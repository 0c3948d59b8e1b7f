import { type StepDefinition, type StepKind, stepList, template } from './step.ts';

interface Condition {
  readonly if: unknown;
  readonly then: readonly StepDefinition[];
  readonly else?: readonly StepDefinition[];
}

/** Does one of two lists of steps. Its output is that of the last step. */
export const condition: StepKind<Condition> = {
  kind: 'condition',
  // biome-ignore lint/suspicious/noThenProperty: a list of steps, which nobody awaits
  settings: { if: template, then: stepList, else: stepList },
  required: ['if', 'then'],
  templates: ['if'],
  hasEffect: false,
  nested: (step) => [
    ['then', step.then as readonly StepDefinition[]],
    ['else', (step.else ?? []) as readonly StepDefinition[]],
  ],
  run: (input, { block }) => block(isTrue(input.if) ? input.then : (input.else ?? [])),
};

/** Whether JSONata's `$boolean` of a value is true: it is false for 0, null, empty texts and objects, and lists without a true item. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isTrue);
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
