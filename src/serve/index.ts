export type { Engine, Operation } from './engine.ts';
export {
  defaultLimits,
  type Limits,
  type RouteHandler,
  type ServerOptions,
  type SourceReadiness,
} from './options.ts';
export { type FozServer, startServer } from './server.ts';
