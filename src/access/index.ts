export { adminSession, type Session } from './session.ts';
