import { declaredKeys } from '../auth/index.ts';
import type { Naming } from '../catalog/index.ts';
import { type FozConfig, loadConfig, roleSdl, sessionOfKey, sessionSdl } from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { attachStored } from './attach-stored.ts';
import { type EndpointOptions, type RunningFoz, runningFoz } from './endpoint.ts';

interface Options extends EndpointOptions {
  readonly config: string;
  readonly naming?: string;
  readonly role?: string;
  readonly key?: string;
}

const document = 'query ($role: String, $key: String) { sdl(role: $role, key: $key) }';

/** `foz schema print`: the whole graph as SDL, sorted, or the part that one role or one API key sees. */
export async function printGraph(options: Options): Promise<void> {
  refuseNaming(options);
  const foz = runningFoz(options);
  console.log(await (foz === null ? sdlHere(options) : sdlAt(foz, options)));
}

function refuseNaming({ naming, endpoint }: Options): void {
  if (naming !== undefined && naming !== 'hasura-default' && naming !== 'graphql-default')
    throw new FozError(
      'validation-failed',
      `There is no naming convention ${naming}: it is hasura-default or graphql-default.`,
    );
  if (naming !== undefined && endpoint !== undefined)
    throw new FozError(
      'not-supported',
      '--naming cannot stand beside --endpoint: the Foz that runs there has a naming convention already.',
    );
}

async function sdlHere({ config: file, naming, role, key }: Options): Promise<string> {
  const config = loadConfig(file);
  const attached = await attachStored(naming === undefined ? config : renamed(config, naming as Naming));
  try {
    const { graphs, plane } = attached;
    if (key === undefined) return roleSdl(graphs, role);
    const declared = declaredKeys(config.auth?.api_keys ?? []);
    return sessionSdl(graphs, await sessionOfKey({ declared, plane }, key, role));
  } finally {
    await attached.close();
  }
}

function renamed(config: FozConfig, naming: Naming): FozConfig {
  return { ...config, naming, sources: config.sources.map((source) => ({ ...source, naming })) };
}

async function sdlAt(foz: RunningFoz, { role, key }: Options): Promise<string> {
  return (await foz.query<{ sdl: string }>(document, { role, key })).sdl;
}
