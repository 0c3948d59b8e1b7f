export { HttpClient, type HttpClientOptions, type OutboundResponse } from './client.ts';
export { checkOutbound, type OutboundConfig, type OutboundProblem } from './config.ts';
export {
  type Authorized,
  AuthorizedClient,
  type AuthorizedClientOptions,
  type CredentialConfig,
  credentialOf,
  type HttpCredential,
} from './credentials/index.ts';
export { OutboundError, type OutboundFault } from './fault.ts';
export type { OutboundRequest } from './hop.ts';
export { retryAfterMs } from './retry-after.ts';
