export { type AttemptKind, Deliverer, type DelivererOptions } from './deliverer.ts';
export type {
  BreakerRules,
  Endpoint,
  RetryRules,
} from './endpoint.ts';
export { type BodyForm, eventId } from './event.ts';
export { SigningSecret } from './signature.ts';
