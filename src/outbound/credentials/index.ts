export { type Authorized, AuthorizedClient, type AuthorizedClientOptions } from './authorized-client.ts';
export type { HttpCredential } from './credential.ts';
