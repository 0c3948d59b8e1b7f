import { readFileSync } from 'node:fs';
import { explainOperation, loadConfig } from '../control/index.ts';
import { attach } from '../main.ts';

/** `foz explain`: the plan and the SQL of an operation, without running it. */
export async function explain(
  query: string,
  options: {
    readonly config: string;
    readonly variables: string;
    readonly operation?: string;
    readonly role?: string;
  },
): Promise<void> {
  const text = query.startsWith('@') ? readFileSync(query.slice(1), 'utf8') : query;
  const attached = await attach(loadConfig(options.config));
  try {
    const { variables, operation, role } = options;
    console.log(
      explainOperation(attached.graphs, { query: text, variables, operationName: operation ?? null, role }),
    );
  } finally {
    await attached.close();
  }
}
