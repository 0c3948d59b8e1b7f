export { documentRules } from './document-limits.ts';
export { placesOf } from './document-places.ts';
export type { Answers, Engine, Operation, Subscriber } from './engine.ts';
export {
  type AnswerLimits,
  type AuditedRequest,
  defaultLimits,
  defaultWebsocket,
  type Limits,
  type Readiness,
  type RequestAudit,
  type RouteAnswer,
  type RouteHandler,
  type ServerOptions,
  type SessionHandler,
  type SourceReadiness,
  type WebsocketLimits,
} from './options.ts';
export { refusalOf } from './refusal.ts';
export { requestId } from './request-id.ts';
export { type FozServer, startServer } from './server.ts';
export { logUnexpected } from './unexpected.ts';
