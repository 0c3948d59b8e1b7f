import { FozError } from '../../core/index.ts';
import { longestDelayMs } from './delay.ts';
import { type StepKind, template } from './step.ts';

/** A date and time of ISO 8601 with its offset: without one it would depend on where the server stands. */
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/i;

/** Waits until a time, also while no process runs. A time that is over does not wait. */
export const until: StepKind<{ readonly at: unknown }> = {
  kind: 'until',
  settings: { at: template },
  required: ['at'],
  templates: ['at'],
  hasEffect: false,
  async run({ at }, { wait, resumeMs }) {
    const time = typeof at === 'string' && dateTime.test(at) ? Date.parse(at) : Number.NaN;
    const left = time - Date.now();
    if (Number.isNaN(time) || left > longestDelayMs)
      throw new FozError(
        'data-exception',
        `A time is needed such as "2027-01-31T09:00:00+01:00", within ten years, not ${JSON.stringify(at)}.`,
      );
    await wait(resumeMs ?? Math.max(0, left));
    return null;
  },
};
