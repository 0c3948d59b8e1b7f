import type { WebSocket } from 'ws';
import { pieceLength, piecesOf } from '../pieces.ts';

interface Message {
  readonly text: string;
  readonly done: () => void;
}

/** Sends the messages of a WebSocket in order, long ones in fragments. With back-pressure: a fragment is made once the previous one was read. */
export class SendQueue {
  readonly #socket: WebSocket;
  readonly #queue: Message[] = [];
  #isSending = false;
  #waiting = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Characters that the client has not read yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when the message was sent, or the connection has closed. */
  send(text: string): Promise<void> {
    this.#waiting += text.length;
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting -= text.length;
        resolve();
      };
      if (!this.#isSending && text.length <= pieceLength) this.#socket.send(text, done);
      else {
        this.#queue.push({ text, done });
        if (!this.#isSending) void this.#sendAll();
      }
    });
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
      await this.#fragments(message.text);
      message.done();
    }
    this.#isSending = false;
  }

  async #fragments(text: string): Promise<void> {
    let left = text.length;
    for (const piece of piecesOf(text)) {
      left -= piece.length;
      if (this.#socket.readyState !== this.#socket.OPEN) return;
      await new Promise<void>((resolve) => this.#socket.send(piece, { fin: left === 0 }, () => resolve()));
    }
  }
}
