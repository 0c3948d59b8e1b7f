import { createHash } from 'node:crypto';
import { FozError } from '../../core/index.ts';
import { type MailAttachment, MailRefused, mailAddress } from '../../outbound/index.ts';
import { StepFailed } from '../failure.ts';
import { bytesOf } from './http/body.ts';
import { type StepKind, serviceOf, template } from './step.ts';

interface Mail {
  readonly credential: string;
  readonly from?: unknown;
  readonly to?: unknown;
  readonly cc?: unknown;
  readonly bcc?: unknown;
  readonly replyTo?: unknown;
  readonly subject: unknown;
  readonly text?: unknown;
  readonly html?: unknown;
  readonly attachments?: unknown;
}

/** Sends a mail. Its output is `{ messageId, accepted, rejected }`. A server that refuses it fails the step with the code `smtp-<status>`. */
export const mail: StepKind<Mail> = {
  kind: 'mail',
  settings: {
    credential: { type: 'string', minLength: 1 },
    from: template,
    to: template,
    cc: template,
    bcc: template,
    replyTo: template,
    subject: template,
    text: template,
    html: template,
    attachments: template,
  },
  required: ['credential', 'subject'],
  templates: ['from', 'to', 'cc', 'bcc', 'replyTo', 'subject', 'text', 'html', 'attachments'],
  hasEffect: true,
  faults({ to, cc, bcc, text, html }) {
    return [
      ...(to === undefined && cc === undefined && bcc === undefined
        ? [{ place: '', message: 'needs a recipient: "to", "cc" or "bcc".' }]
        : []),
      ...(text === undefined && html === undefined
        ? [{ place: '', message: 'needs a "text", an "html", or both.' }]
        : []),
    ];
  },
  isPassing: ({ code }) => code === 'unavailable' || code === 'timeout' || /^smtp-4\d\d$/.test(code),
  async run(step, { services, idempotencyKey, signal }) {
    const message = {
      ...(step.from != null && { from: mailAddress(textIn(step.from, 'from'), 'from') }),
      ...{ to: addressesIn(step.to, 'to'), cc: addressesIn(step.cc, 'cc') },
      ...{ bcc: addressesIn(step.bcc, 'bcc'), replyTo: addressesIn(step.replyTo, 'replyTo') },
      subject: textIn(step.subject, 'subject'),
      ...(step.text != null && { text: textIn(step.text, 'text') }),
      ...(step.html != null && { html: textIn(step.html, 'html') }),
      attachments: attachmentsIn(step.attachments),
      // A repetition has the same id, by which mail servers and people recognise it.
      id: createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 32),
    };
    try {
      return await serviceOf(services, 'mail').send(step.credential, message, signal);
    } catch (error) {
      if (!(error instanceof MailRefused)) throw error;
      throw new StepFailed({ code: `smtp-${error.status}`, message: error.message });
    }
  },
};

/** A text, or a number as one. Objects are refused: libraries of mail take some of them for the places of files. */
function textIn(value: unknown, what: string): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw new FozError('data-exception', `${what} must be a text.`);
  return value;
}

function addressesIn(value: unknown, what: string) {
  if (value === null || value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map((one: unknown) => mailAddress(textIn(one, what), what));
}

function attachmentsIn(value: unknown): MailAttachment[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new FozError('data-exception', 'attachments must be a list.');
  return value.map((one: unknown, index) => {
    const what = `attachments, item ${index}`;
    const { filename, type, text, base64 } = (one ?? {}) as Readonly<Record<string, unknown>>;
    if ((text === undefined) === (base64 === undefined))
      throw new FozError('data-exception', `${what}: it needs either a text or a base64.`);
    return {
      filename: textIn(filename, `${what}: filename`),
      type: textIn(type ?? (text === undefined ? 'application/octet-stream' : 'text/plain'), `${what}: type`),
      content: text === undefined ? bytesOf(base64, what) : Buffer.from(textIn(text, what)),
    };
  });
}
