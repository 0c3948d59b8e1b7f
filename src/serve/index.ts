export { documentRules } from './document-limits.ts';
export { placesOf } from './document-places.ts';
export type { Answers, Engine, Operation, Subscriber } from './engine.ts';
export type { OwnAnswer, OwnOperation } from './in-process.ts';
export {
  type AnswerLimits,
  defaultLimits,
  defaultWebsocket,
  type Limits,
  type WebsocketLimits,
} from './limits.ts';
export type {
  AuditedRequest,
  Readiness,
  RequestAudit,
  RouteAnswer,
  RouteHandler,
  ServerOptions,
  SessionHandler,
  SourceReadiness,
  WorkGauges,
} from './options.ts';
export { refusalOf } from './refusal.ts';
export { requestId } from './request-id.ts';
export { type FozServer, startServer } from './server.ts';
export { logUnexpected } from './unexpected.ts';
