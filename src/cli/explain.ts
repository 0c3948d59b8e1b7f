import { readFileSync } from 'node:fs';
import { parse, validate } from 'graphql';
import { loadConfig } from '../control/index.ts';
import { adminRole, FozError, FozErrors } from '../core/index.ts';
import { printExplained } from '../execute/index.ts';
import { attach } from '../main.ts';

/** `foz explain`: the plan and the SQL of an operation, without running it. */
export async function explain(
  query: string,
  options: { readonly config: string; readonly variables: string; readonly operation?: string },
): Promise<void> {
  const text = query.startsWith('@') ? readFileSync(query.slice(1), 'utf8') : query;
  const attached = await attach(loadConfig(options.config));
  try {
    const engine = attached.graphs.engine(adminRole);
    const document = parse(text);
    const errors = validate(engine.options.schema, document);
    if (errors.length > 0)
      throw new FozErrors(errors.map((error) => new FozError('validation-failed', error.message)));
    const variables = JSON.parse(options.variables) as Record<string, unknown>;
    const plan = engine.explain({
      query: text,
      operationName: options.operation ?? null,
      variables,
      document,
    });
    console.log(printExplained(plan.explain()));
  } finally {
    await attached.close();
  }
}
