import type { DeclaredKey } from '../src/auth/index.ts';
import {
  type ControlPlane,
  type LiveMetadata,
  type RuntimeSettings,
  type RuntimeSources,
  requirePlane,
  type UnlistedOperations,
} from '../src/control/index.ts';
import type { Actor } from '../src/store/index.ts';
import type { Graphs, SourceRegistry } from '../src/views/index.ts';

/** What the control API works on, and who asks it. */
export interface ControlContext {
  readonly registry: SourceRegistry;
  readonly graphs: Graphs;
  /** Sources that are attached at run time. */
  readonly sources: RuntimeSources;
  /** The metadata that is served, and how it is changed. */
  readonly metadata: LiveMetadata;
  /** Issuers, limits and lists of operations. */
  readonly settings: RuntimeSettings;
  readonly unlisted: UnlistedOperations;
  /** API keys of the configuration file. */
  readonly declaredKeys: () => readonly DeclaredKey[];
  /** `null`: there is no store. */
  readonly plane: ControlPlane | null;
  readonly actor: Actor;
}

/** The store and what stands on it. Throws FozError `not-supported` where there is none. */
export function planeOf({ plane }: ControlContext): ControlPlane {
  return requirePlane(plane);
}
