import { connect } from '../attach.ts';
import { didYouMean } from '../catalog/index.ts';
import { type ControlPlane, type FozConfig, loadConfig, sourcesOf } from '../control/index.ts';
import { FozError } from '../core/index.ts';
import type { Connector } from '../plan/index.ts';
import { failureWords, type SourceConfig } from '../views/index.ts';
import { openPlane } from './attach-stored.ts';

/** Reads `foz.yaml` and opens its store for `body`. `sources`: all of them, or the one called `only`; never empty. */
export async function withStoredSources<T>(
  file: string,
  only: string | undefined,
  body: (
    sources: readonly SourceConfig[],
    opened: { readonly config: FozConfig; readonly plane: ControlPlane | null },
  ) => Promise<T>,
): Promise<T> {
  const config = loadConfig(file);
  const plane = await openPlane(config);
  try {
    const sources = await sourcesOf(config, plane, only);
    if (sources.length === 0) {
      const known = config.sources.map(({ name }) => name);
      throw noSource(only, plane === null ? file : `${file} or its store`, known);
    }
    return await body(sources, { config, plane });
  } finally {
    await plane?.store.close();
  }
}

/** A source that a command could not read. */
export class SourceUnavailable extends FozError {
  readonly source: string;
  readonly reason: string;

  constructor(source: string, cause: FozError) {
    const reason = failureWords(cause);
    super(cause.code, `${source}: unavailable: ${reason}`, { cause });
    this.source = source;
    this.reason = reason;
  }
}

/** Connects to a source for `body`. Rejects with SourceUnavailable when its database does not answer. */
export async function withConnector<T>(
  source: SourceConfig,
  body: (connector: Connector) => Promise<T>,
): Promise<T> {
  const connector = await connect(source, { forServing: false });
  try {
    return await body(connector);
  } catch (error) {
    if (error instanceof FozError && error.code === 'unavailable')
      throw new SourceUnavailable(source.name, error);
    throw error;
  } finally {
    await connector.close();
  }
}

/** Runs `body` for each source in turn. A source that is unavailable does not keep the others from being read. */
export async function eachSource<T>(
  sources: readonly SourceConfig[],
  body: (source: SourceConfig) => Promise<T>,
): Promise<readonly (T | SourceUnavailable)[]> {
  const results: (T | SourceUnavailable)[] = [];
  for (const source of sources)
    results.push(
      await body(source).catch((error: unknown) => {
        if (error instanceof SourceUnavailable) return error;
        throw error;
      }),
    );
  return results;
}

/** `known`: names of sources, one of which might be meant. */
export function noSource(only: string | undefined, place: string, known: readonly string[]): FozError {
  const what = only === undefined ? '' : `${only} `;
  const meant = only === undefined ? '' : didYouMean(only, known);
  return new FozError('not-found', `There is no source ${what}in ${place}${meant}.`);
}
