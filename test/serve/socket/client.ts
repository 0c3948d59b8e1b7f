import { once } from 'node:events';
import { WebSocket } from 'ws';
import { until } from '../../support/wait.ts';

/** A message of the protocol. */
export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A WebSocket client without a protocol library, with all received messages. */
export class Client {
  readonly socket: WebSocket;
  readonly texts: string[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data) => this.texts.push(String(data)));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
  }

  get messages(): Message[] {
    return this.texts.map((text) => JSON.parse(text) as Message);
  }

  send(message: Message | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Waits until the socket is open, and sends `connection_init`. */
  async ready(): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open');
    return this.init();
  }

  /** The messages about an operation, once it has finished or the socket has closed. */
  async textsOf(id: string): Promise<string[]> {
    const of = () => this.texts.filter((text) => text.includes(`"id":"${id}"`));
    await until(() => this.closed !== null || of().some((text) => /"type":"(?:complete|error)"/.test(text)));
    return of();
  }

  /** Sends `connection_init` and waits until it is acknowledged. */
  async init(payload?: unknown): Promise<this> {
    this.send({ type: 'connection_init', ...(payload === undefined ? {} : { payload }) });
    await until(() => this.closed !== null || this.messages.some(({ type }) => type === 'connection_ack'));
    return this;
  }

  begin(id: string, query: string, more: Readonly<Record<string, unknown>> = {}): void {
    this.send({ type: 'subscribe', id, payload: { query, ...more } });
  }

  /** Runs an operation to its end. Returns the texts of its messages. */
  async ask(id: string, query: string, more: Readonly<Record<string, unknown>> = {}): Promise<string[]> {
    const of = () => this.messages.filter((message) => message.id === id);
    this.begin(id, query, more);
    await until(
      () => this.closed !== null || of().some(({ type }) => type === 'complete' || type === 'error'),
    );
    return this.texts.filter((text) => (JSON.parse(text) as Message).id === id);
  }

  async end(): Promise<{ readonly code: number; readonly reason: string }> {
    await until(() => this.closed !== null);
    return this.closed!;
  }
}

export interface Opening {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
  readonly path?: string;
  readonly ca?: string;
}

/** Opens a WebSocket. Rejects with the HTTP status and body of a refusal. */
export function open(url: string, opening: Opening = {}): Promise<Client> {
  const { headers = {}, protocols = ['graphql-transport-ws'], path = 'graphql', ca } = opening;
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, [...protocols], {
      headers,
      ...(ca === undefined ? {} : { ca }),
    });
    const client = new Client(socket);
    socket.on('open', () => resolve(client));
    socket.on('error', reject);
    socket.on('unexpected-response', (_, response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => reject(new RefusedUpgrade(response.statusCode ?? 0, text)));
    });
  });
}

/** The HTTP answer that refused a WebSocket. */
export class RefusedUpgrade extends Error {
  readonly status: number;
  readonly text: string;
  constructor(status: number, text: string) {
    super(`${status} ${text}`);
    this.status = status;
    this.text = text;
  }
}
