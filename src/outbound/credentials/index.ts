export { type Authorized, AuthorizedClient, type AuthorizedClientOptions } from './authorized-client.ts';
export { type CredentialConfig, credentialOf, credentialProblems, smtpOf } from './config.ts';
export type { HttpCredential } from './credential.ts';
