import { lexicographicSortSchema, printSchema } from 'graphql';
import type { Attached } from '../attach.ts';
import type { Naming } from '../catalog/index.ts';
import { knownRole, loadConfig } from '../control/index.ts';
import { adminRole, FozError } from '../core/index.ts';
import { attachStored } from './attach-stored.ts';

/** `foz schema print`: the whole graph as SDL, sorted, or the part that one role sees. */
export async function printGraph(options: {
  readonly config: string;
  readonly naming?: string;
  readonly role?: string;
}): Promise<void> {
  const { naming } = options;
  if (naming !== undefined && naming !== 'hasura-default' && naming !== 'graphql-default') {
    throw new FozError(
      'validation-failed',
      `There is no naming convention ${naming}: it is hasura-default or graphql-default.`,
    );
  }
  const config = loadConfig(options.config);
  const sources =
    naming === undefined
      ? config.sources
      : config.sources.map((source) => ({ ...source, naming: naming as Naming }));
  const attached = await attachStored(
    { ...config, sources, ...(naming === undefined ? {} : { naming: naming as Naming }) },
    { hint: 'Or read the graph from the Foz that has it open, by introspection.' },
  );
  try {
    console.log(printSchema(lexicographicSortSchema(roleEngine(attached, options.role).options.schema)));
  } finally {
    await attached.close();
  }
}

/** The engine of a role, by default of admin. Throws FozError `not-found` for a role without permissions. */
export function roleEngine({ graphs }: Pick<Attached, 'graphs'>, name: string = adminRole) {
  const role = knownRole(graphs, name);
  return graphs.engine({ role, variables: new Map() });
}
