import type { DeclaredKey } from '../src/auth/index.ts';
import {
  type ControlPlane,
  type LiveMetadata,
  type LiveNames,
  type LiveOwnTriggers,
  type LiveSyncs,
  type LiveTriggers,
  type RuntimeSettings,
  type RuntimeSources,
  requirePlane,
  type UnlistedOperations,
  type WorkControl,
} from '../src/control/index.ts';
import type { Feeds } from '../src/events/index.ts';
import type { Actor } from '../src/store/index.ts';
import type { GraphHistory, Graphs, SourceRegistry } from '../src/views/index.ts';

/** The parts of Foz that the control API works on, and its caller. */
export interface ControlContext {
  readonly registry: SourceRegistry;
  readonly graphs: Graphs;
  /** The changes of the graph, newest first. */
  readonly history: GraphHistory;
  /** The names that tables and relationships keep. */
  readonly names: LiveNames;
  /** Sources that are attached at run time. */
  readonly sources: RuntimeSources;
  /** The metadata, and the means to change it. */
  readonly metadata: LiveMetadata;
  /** Settings such as issuers, limits and allow lists. */
  readonly settings: RuntimeSettings;
  readonly unlisted: UnlistedOperations;
  /** The change feeds of the sources, for their present state. */
  readonly feeds: Pick<Feeds, 'states'>;
  /** API keys of the configuration file. */
  readonly declaredKeys: () => readonly DeclaredKey[];
  /** Workflows and their runs; `null`: there is no store. */
  readonly work: WorkControl | null;
  /** Event triggers; `null`: there is no store. */
  readonly triggers: LiveTriggers | null;
  /** Triggers that belong to no table; `null`: there is no store. */
  readonly ownTriggers: LiveOwnTriggers | null;
  /** Syncs of tables; `null`: there is no store. */
  readonly syncs: LiveSyncs | null;
  /** `null`: there is no store. */
  readonly plane: ControlPlane | null;
  readonly actor: Actor;
}

/** The control plane. Throws FozError `not-supported` where there is none. */
export function planeOf({ plane }: ControlContext): ControlPlane {
  return requirePlane(plane);
}
