import { FozError } from '../../core/index.ts';
import { type StepKind, template } from './step.ts';

/** The longest delay: ten years. */
export const longestDelayMs = 10 * 365 * 86_400_000;

/** Waits for some milliseconds, also while no process runs. */
export const delay: StepKind<{ readonly ms: unknown }> = {
  kind: 'delay',
  settings: { ms: template },
  required: ['ms'],
  templates: ['ms'],
  hasEffect: false,
  async run({ ms }, { wait, resumeMs }) {
    if (typeof ms !== 'number' || !(ms >= 0 && ms <= longestDelayMs))
      throw new FozError(
        'data-exception',
        `A delay takes 0 to ${longestDelayMs} milliseconds, not ${JSON.stringify(ms)}.`,
      );
    await wait(resumeMs ?? ms);
    return null;
  },
};
