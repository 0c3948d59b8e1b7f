export {
  MailClient,
  type MailClientOptions,
  MailRefused,
  type SentMail,
  type SmtpCredential,
} from './mail-client.ts';
export { type MailAddress, type MailAttachment, type MailMessage, mailAddress } from './message.ts';
