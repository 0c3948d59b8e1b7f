export type { Engine, Operation } from './engine.ts';
export {
  type AccountOf,
  type Accounts,
  defaultLimits,
  type Limits,
  type RouteHandler,
  type ServerOptions,
  type SourceReadiness,
} from './options.ts';
export { type FozServer, startServer } from './server.ts';
