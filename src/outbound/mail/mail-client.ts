import type { Socket } from 'node:net';
import type { OutboundConfig } from '../config.ts';
import type { Lookup } from '../connect.ts';
import { Deadline } from '../deadline.ts';
import { OutboundError } from '../fault.ts';
import { nameOf } from '../host-list.ts';
import { GuardedSockets } from '../sockets.ts';
import { checkMessage, type MailAddress, type MailMessage, mailAddress } from './message.ts';
import type { SmtpCredential } from './smtp-credential.ts';

export interface SentMail {
  readonly messageId: string;
  readonly accepted: readonly string[];
  /** Recipients that the server refused while it took the message for the others. */
  readonly rejected: readonly string[];
}

/** A mail server has refused a message. `status`: its code, such as 550. */
export class MailRefused extends OutboundError {
  readonly status: number;

  constructor(status: number, message: string) {
    super('credential', message);
    this.name = 'MailRefused';
    this.status = status;
  }
}

export interface MailClientOptions {
  readonly config?: OutboundConfig;
  /** Resolves names; default: that of the system. */
  readonly lookup?: Lookup;
  readonly totalMs?: number;
}

const connectMs = 10_000;
const silentMs = 30_000;
/** The longest part of a server's answer that an error repeats. */
const longestAnswer = 500;

/** Sends mail by SMTP, to servers that operators have configured. It connects only to addresses that the guard permits. */
export class MailClient {
  readonly #sockets: GuardedSockets;
  readonly #totalMs: number;

  constructor({ config, lookup, totalMs = 60_000 }: MailClientOptions = {}) {
    this.#sockets = new GuardedSockets({
      author: 'operator',
      ...(config === undefined ? {} : { config }),
      ...(lookup === undefined ? {} : { lookup }),
    });
    this.#totalMs = totalMs;
  }

  /** Sends one message over a connection of its own. Rejects with OutboundError, or MailRefused. */
  async send(server: SmtpCredential, message: MailMessage, signal?: AbortSignal): Promise<SentMail> {
    checkMessage(message);
    const { host, port } = server;
    const place = `${host}:${port}`;
    const deadline = new Deadline(place, this.#totalMs, signal);
    let socket: Socket | null = null;
    const end = () => socket?.destroy();
    try {
      deadline.signal.throwIfAborted();
      socket = await this.#sockets.connect({ host: nameOf(host), port }, connectMs);
      deadline.signal.addEventListener('abort', end, { once: true });
      if (deadline.signal.aborted) end();
      return await this.#sent(server, message, socket);
    } catch (error) {
      if (deadline.signal.aborted) throw deadline.signal.reason;
      throw error instanceof OutboundError ? error : faultOf(error, place, server);
    } finally {
      deadline.close();
      deadline.signal.removeEventListener('abort', end);
      end();
    }
  }

  async #sent(server: SmtpCredential, message: MailMessage, connection: Socket): Promise<SentMail> {
    const { host, port, security, username, password } = server;
    const from = message.from ?? defaultSender(server);
    const messageId = `<${message.id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`;
    // Loaded with the first message: most servers send none.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      ...{ host, port, connection, secure: security === 'tls' },
      ...{ requireTLS: security === 'starttls', ignoreTLS: security === 'none' },
      ...{ connectionTimeout: connectMs, greetingTimeout: connectMs, socketTimeout: silentMs },
      ...{ disableFileAccess: true, disableUrlAccess: true },
      tls: this.#sockets.tls,
      ...(username !== undefined && { auth: { user: username, pass: password ?? '' } }),
    });
    const { to, cc, bcc, replyTo, subject, text, html, attachments } = message;
    const all = (list: readonly MailAddress[]) => list.map(({ name = '', address }) => ({ name, address }));
    const result = await transport.sendMail({
      from: { name: from.name ?? '', address: from.address },
      ...{ to: all(to), cc: all(cc), bcc: all(bcc), replyTo: all(replyTo), subject, messageId },
      ...(text !== undefined && { text }),
      ...(html !== undefined && { html }),
      attachments: attachments.map(({ filename, type, content }) => ({
        ...{ filename, contentType: type, content: Buffer.from(content) },
      })),
    });
    const plain = (list: readonly (string | { readonly address: string })[] = []) =>
      list.map((one) => (typeof one === 'string' ? one : one.address));
    return { messageId, accepted: plain(result.accepted), rejected: plain(result.rejected) };
  }
}

function defaultSender({ from }: SmtpCredential): MailAddress {
  if (from === undefined) throw new OutboundError('invalid', 'The mail has no sender: set "from".');
  return mailAddress(from, 'The sender of the credential');
}

function faultOf(error: unknown, place: string, { password }: SmtpCredential): OutboundError {
  const {
    code = '',
    responseCode,
    response,
    message = '',
  } = error as {
    code?: string;
    responseCode?: number;
    response?: string;
    message?: string;
  };
  if (code === 'EAUTH')
    return new OutboundError('credential', `${place} refuses the user or its password.`, undefined);
  if (
    code === 'ETLS' ||
    /CERT|SELF_SIGNED|ISSUER|^ERR_(?:TLS|SSL)/.test(code) ||
    /certificate|TLS|SSL/i.test(message)
  )
    return new OutboundError(
      'tls',
      `${place}: no secure connection: check its certificate and "security"; name the authority that signed it in outbound.ca`,
    );
  if (typeof responseCode === 'number') {
    const said = (response ?? '').replace(/\p{Cc}+/gu, ' ').slice(0, longestAnswer);
    const shown = password === undefined || password === '' ? said : said.replaceAll(password, '***');
    return new MailRefused(responseCode, `${place} refused the mail: ${shown}`);
  }
  const fault =
    code === 'ETIMEDOUT'
      ? 'timeout'
      : code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EDNS'
        ? 'unresolved'
        : 'unreachable';
  return new OutboundError(fault, `${place}: the mail server did not take the mail (${code || 'closed'})`);
}
