import { FozError, type SourceName } from '../core/index.ts';
import type { Connector } from '../plan/index.ts';
import type { SourceRegistry } from './sources/registry.ts';

/** The current connectors of all sources. */
export function connectorsOf({ sources }: SourceRegistry): ReadonlyMap<SourceName, Connector> {
  return new Map(sources.map((source) => [source.name, source.connector]));
}

/** The connector of a source. Throws FozError `not-found`. */
export function connectorOf(connectors: ReadonlyMap<SourceName, Connector>, source: SourceName): Connector {
  const connector = connectors.get(source);
  if (connector === undefined) throw new FozError('not-found', `There is no source ${source}.`);
  return connector;
}
