import type { Connector } from '../plan/index.ts';

/** The part of a connector that talks to a server: pool, statements, transactions, cancelling. Its errors are FozErrors. */
export type Driver = Pick<
  Connector,
  'introspect' | 'run' | 'transaction' | 'changeHint' | 'ping' | 'pool' | 'close'
>;
