import type { Graphs, SourceRegistry } from '../src/control/index.ts';

/** What the control API works on. */
export interface ControlContext {
  readonly registry: SourceRegistry;
  readonly graphs: Graphs;
}
