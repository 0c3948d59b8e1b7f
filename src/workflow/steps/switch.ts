import { type StepDefinition, type StepKind, stepList, template } from './step.ts';

interface Case {
  readonly value: unknown;
  readonly steps: readonly StepDefinition[];
}

interface Switch {
  readonly on: unknown;
  readonly cases: readonly Case[];
  readonly default?: readonly StepDefinition[];
}

/** Does the steps of the first case whose value is that of `on`, else those of `default`. */
export const switchStep: StepKind<Switch> = {
  kind: 'switch',
  settings: {
    on: template,
    cases: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: { value: {}, steps: stepList },
        required: ['value', 'steps'],
        additionalProperties: false,
      },
    },
    default: stepList,
  },
  required: ['on', 'cases'],
  templates: ['on'],
  hasEffect: false,
  nested: (step) => [
    ...(step.cases as readonly Case[]).map(({ steps }, index) => [`cases/${index}/steps`, steps] as const),
    ['default', (step.default ?? []) as readonly StepDefinition[]],
  ],
  run({ on, cases, default: otherwise = [] }, { block }) {
    const wanted = JSON.stringify(on);
    return block(cases.find(({ value }) => JSON.stringify(value) === wanted)?.steps ?? otherwise);
  },
};
