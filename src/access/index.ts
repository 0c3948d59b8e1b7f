export { type Actor, adminSession, type RateLimit, type Scopes, type Session } from './session.ts';
