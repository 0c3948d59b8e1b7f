export {
  MailClient,
  type MailClientOptions,
  MailRefused,
  type SentMail,
} from './mail-client.ts';
export { type MailAddress, type MailAttachment, type MailMessage, mailAddress } from './message.ts';
export type { SmtpCredential } from './smtp-credential.ts';
