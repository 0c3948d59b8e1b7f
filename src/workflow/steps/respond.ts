import { FozError } from '../../core/index.ts';
import { type StepKind, template } from './step.ts';

interface Respond {
  readonly status?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
}

/** The answer of a run to whoever waits for it. The run goes on; the first answer counts. */
export interface RunResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A text is sent as it is, other values as JSON. */
  readonly body: unknown;
}

/** Answers whoever waits for the run. */
export const respond: StepKind<Respond> = {
  kind: 'respond',
  settings: { status: template, headers: template, body: template },
  required: [],
  templates: ['status', 'headers', 'body'],
  // So that its record is committed at once.
  hasEffect: true,
  async run({ status = 200, headers = {}, body = null }): Promise<RunResponse> {
    if (!Number.isInteger(status) || (status as number) < 200 || (status as number) > 599)
      throw new FozError(
        'data-exception',
        `The status of a response is 200 to 599, not ${JSON.stringify(status)}.`,
      );
    if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
      throw new FozError('data-exception', 'headers must be an object of names and values.');
    for (const [name, value] of Object.entries(headers))
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(String(value)))
        throw new FozError('data-exception', `The header ${JSON.stringify(name)} cannot be sent.`);
    return {
      status: status as number,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      body,
    };
  },
};
