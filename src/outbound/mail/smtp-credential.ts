/** A mail server, with its password in the clear. */
export interface SmtpCredential {
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte, `starttls` before anything is sent, or `none`. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly username?: string;
  readonly password?: string;
  /** The sender of messages that name none. */
  readonly from?: string;
}
