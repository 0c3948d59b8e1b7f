import type { SourceFacts } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import type { Connector } from '../../plan/index.ts';
import type { SourceConfig } from '../config.ts';

/** Whether a source is available, and since when. */
export type SourceStatus =
  | { readonly state: 'starting' }
  | { readonly state: 'available'; readonly since: Date }
  | { readonly state: 'unavailable'; readonly since: Date; readonly reason: string };

/** An attached source of the running server. */
export interface AttachedSource {
  readonly name: SourceName;
  readonly config: SourceConfig;
  readonly connector: Connector;
  /** The revision in the store; `null`: the configuration file declares the source. */
  readonly revision: number | null;
  status: SourceStatus;
  facts: SourceFacts | null;
  /** The last introspection and its duration; `null`: none by this process. */
  reading: { readonly at: Date; readonly milliseconds: number } | null;
}

/** A source to be attached. `revision`: absent for sources of the configuration file. */
export interface NewSource extends Pick<AttachedSource, 'name' | 'config' | 'connector'> {
  readonly revision?: number;
}

/** A source that is attached now, and was not introspected yet. */
export function attached({ name, config, connector, revision }: NewSource): AttachedSource {
  return {
    name,
    config,
    connector,
    revision: revision ?? null,
    status: { state: 'starting' },
    facts: null,
    reading: null,
  };
}
