import type {
  AuditActor,
  ControlPlane,
  Graphs,
  LiveMetadata,
  RuntimeSources,
  SourceRegistry,
} from '../src/control/index.ts';
import { FozError } from '../src/core/index.ts';

/** What the control API works on, and who asks it. */
export interface ControlContext {
  readonly registry: SourceRegistry;
  readonly graphs: Graphs;
  /** Sources that are attached at run time. */
  readonly sources: RuntimeSources;
  /** The metadata that is served, and how it is changed. */
  readonly metadata: LiveMetadata;
  /** `null`: there is no store. */
  readonly plane: ControlPlane | null;
  readonly actor: AuditActor;
}

/** The store and what stands on it. Throws FozError `not-supported` where there is none. */
export function planeOf({ plane }: ControlContext): ControlPlane {
  if (plane !== null) return plane;
  throw new FozError(
    'not-supported',
    'This Foz has no store: put an "auth" or a "store" part into its configuration.',
  );
}
