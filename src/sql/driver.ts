import type { SourceFacts } from '../catalog/index.ts';
import type { EndSignal } from '../core/index.ts';
import type { IntrospectOptions, PoolState, RunContext, Runner } from '../plan/index.ts';

/** The part of a connector that talks to a server: pool, statements, transactions, cancelling. Its errors are FozErrors. */
export interface Driver extends Runner {
  introspect(options: IntrospectOptions, signal: EndSignal): Promise<SourceFacts>;
  transaction<T>(
    mode: 'read' | 'write',
    context: RunContext,
    body: (runner: Runner) => Promise<T>,
  ): Promise<T>;
  ping(signal: EndSignal): Promise<void>;
  pool(): PoolState;
  close(): Promise<void>;
}
