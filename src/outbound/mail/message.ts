import { OutboundError } from '../fault.ts';

export interface MailAddress {
  readonly name?: string;
  readonly address: string;
}

export interface MailAttachment {
  readonly filename: string;
  /** A media type. */
  readonly type: string;
  readonly content: Uint8Array;
}

export interface MailMessage {
  /** Absent: that of the credential. */
  readonly from?: MailAddress;
  readonly to: readonly MailAddress[];
  readonly cc: readonly MailAddress[];
  readonly bcc: readonly MailAddress[];
  readonly replyTo: readonly MailAddress[];
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  readonly attachments: readonly MailAttachment[];
  /** The beginning of the Message-ID. A message that is sent again has the same ID. */
  readonly id: string;
}

const mostRecipients = 100;
const mostAttachments = 20;
const mostBytes = 8_000_000;
const longestSubject = 500;
const longestAddress = 254;

/** One address. Specials of headers and line breaks are not part of it, quoted local parts are not taken. */
const address = /^[^\s<>()[\]\\,;:@"\p{Cc}]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u;
const named = /^([^<>]*)<([^<>]+)>$/;

/** Reads `ann@shop.example` or `Ann <ann@shop.example>`. Throws OutboundError for a list: a value from outside must not add recipients. */
export function mailAddress(text: string, what: string): MailAddress {
  const [, name, inner] = named.exec(text.trim()) ?? [undefined, '', text.trim()];
  const plain = name!.trim().replace(/^"(.*)"$/, '$1');
  const only = inner!.trim();
  if (hasControls(text) || /["@,;]/.test(plain) || only.length > longestAddress || !address.test(only))
    throw invalid(`${what} is not one address, as "ann@shop.example" or "Ann <ann@shop.example>".`);
  return plain === '' ? { address: only } : { name: plain, address: only };
}

/** Throws OutboundError `invalid` for a message that cannot be sent. */
export function checkMessage({ to, cc, bcc, subject, text, html, attachments }: MailMessage): void {
  const recipients = to.length + cc.length + bcc.length;
  if (recipients === 0) throw invalid('The mail has no recipient.');
  if (recipients > mostRecipients) throw invalid(`The mail has more than ${mostRecipients} recipients.`);
  if (hasControls(subject)) throw invalid('The subject has a line break or a control character.');
  if (subject.length > longestSubject)
    throw invalid(`The subject has more than ${longestSubject} characters.`);
  if (text === undefined && html === undefined) throw invalid('The mail has neither text nor html.');
  if (attachments.length > mostAttachments)
    throw invalid(`The mail has more than ${mostAttachments} attachments.`);
  for (const { filename, type } of attachments) {
    if (hasControls(filename) || filename === '' || filename.length > 255)
      throw invalid('An attachment has no valid file name.');
    if (!/^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/i.test(type))
      throw invalid(`The attachment ${JSON.stringify(filename)} has no valid media type.`);
  }
  const bytes = [text, html].reduce((sum, body) => sum + Buffer.byteLength(body ?? ''), 0);
  if (attachments.reduce((sum, { content }) => sum + content.byteLength, bytes) > mostBytes)
    throw new OutboundError('too-large', `The mail has more than ${mostBytes} bytes.`);
}

function hasControls(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text);
}

function invalid(message: string): OutboundError {
  return new OutboundError('invalid', message);
}
