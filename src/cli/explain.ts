import { readFileSync } from 'node:fs';
import { explainOperation, loadConfig } from '../control/index.ts';
import { attachStored } from './attach-stored.ts';
import { type EndpointOptions, runningFoz } from './endpoint.ts';

const document =
  'query ($query: String!, $variables: String, $operation: String, $role: String) { explain(query: $query, variables: $variables, operationName: $operation, role: $role) }';

/** `foz explain`: prints the plan and the SQL of an operation without running it. */
export async function explain(
  query: string,
  options: EndpointOptions & {
    readonly config: string;
    readonly variables: string;
    readonly operation?: string;
    readonly role?: string;
  },
): Promise<void> {
  const text = query.startsWith('@') ? readFileSync(query.slice(1), 'utf8') : query;
  const { variables, operation, role } = options;
  const foz = runningFoz(options);
  if (foz !== null) {
    const given = { query: text, variables, operation, role };
    return console.log((await foz.query<{ explain: string }>(document, given)).explain);
  }
  const attached = await attachStored(loadConfig(options.config));
  try {
    console.log(
      await explainOperation(attached.graphs, {
        query: text,
        variables,
        operationName: operation ?? null,
        role,
      }),
    );
  } finally {
    await attached.close();
  }
}
