export { HttpClient, type HttpClientOptions, type OutboundResponse } from './client.ts';
export { checkOutbound, type OutboundConfig, type OutboundProblem } from './config.ts';
export {
  type Authorized,
  AuthorizedClient,
  type AuthorizedClientOptions,
  type CredentialConfig,
  credentialOf,
  type HttpCredential,
  smtpOf,
} from './credentials/index.ts';
export { OutboundError, type OutboundFault } from './fault.ts';
export type { OutboundRequest } from './hop.ts';
export {
  type MailAddress,
  type MailAttachment,
  MailClient,
  type MailMessage,
  MailRefused,
  mailAddress,
  type SentMail,
  type SmtpCredential,
} from './mail/index.ts';
export { retryAfterMs } from './retry-after.ts';
export { GuardedSockets } from './sockets.ts';
