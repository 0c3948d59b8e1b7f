import type { StepRecord } from '../../src/store/index.ts';
import { Expressions } from '../../src/workflow/expressions/index.ts';
import { checkWorkflow, type StepServices } from '../../src/workflow/index.ts';
import { Execution } from '../../src/workflow/runs/execution.ts';
import type { ExecutionOptions } from '../../src/workflow/runs/execution-options.ts';

const expressions = new Expressions();
export const closeExpressions = () => expressions.close();

const notHere = () => Promise.reject(new Error('Runs in memory have no store.'));

export interface InMemoryOptions extends Omit<Partial<ExecutionOptions>, 'services'> {
  readonly graphql?: () => unknown;
  readonly services?: Partial<StepServices>;
}

/** Does a run of steps, on records in memory as the store would have them. */
export async function runInMemory(
  steps: readonly unknown[],
  { records = [], graphql, services, definition, ...more }: InMemoryOptions = {},
) {
  const known = new Map<string, StepRecord>(records.map((record) => [record.path, record]));
  const keep = (written: readonly StepRecord[]) => {
    for (const record of written) known.set(record.path, record);
  };
  const commits: string[][] = [];
  const execution = new Execution({
    ...{
      run: 'r',
      definition: definition ?? checkWorkflow({ name: 'w', steps }),
      input: null,
      ageMs: 0,
      records,
    },
    commit: async (written) => {
      commits.push(written.map(({ path, state }) => `${path} ${state}`));
      keep(written);
      return true;
    },
    expressions,
    services: { graphql: async () => ({ data: await graphql?.() }), ...services },
    links: {
      start: notHere,
      result: notHere,
      cancel: notHere,
      take: notHere,
      forget: notHere,
      hasCome: notHere,
    },
    signal: new AbortController().signal,
    ...more,
  });
  const { outcome, steps: rest } = await execution.run();
  keep(rest);
  return { outcome, commits, records: [...known.values()], rest: rest.map(({ path }) => path) };
}
