/** The answer to a request to log in. `salt`: the bytes after the code of the request. */
export type LogIn = (user: string, password: string, salt: Buffer) => string;

/** The first byte of a message about a log-in, and the bytes before its salt: this one, the length (4), the kind of log-in (4). */
const requestCode = 'R'.charCodeAt(0);
const kindEnd = 9;

/** Takes the first message of a server out of the stream, and answers it, where it asks for a kind of log-in that the pg client does not know. */
export class LogInRequest {
  readonly #known: ReadonlyMap<number, LogIn>;
  readonly #answer: (logIn: LogIn, salt: Buffer) => void;
  #arrived: Buffer = Buffer.alloc(0);
  #isOver = false;

  constructor(known: ReadonlyMap<number, LogIn>, answer: (logIn: LogIn, salt: Buffer) => void) {
    this.#known = known;
    this.#answer = answer;
  }

  /** The bytes that are for the pg client. */
  receive(bytes: Buffer): Buffer {
    if (this.#isOver) return bytes;
    this.#arrived = Buffer.concat([this.#arrived, bytes]);
    const all = this.#arrived;
    if (all.length === 0 || (all[0] === requestCode && all.length < kindEnd)) return Buffer.alloc(0);
    const logIn = all[0] === requestCode ? this.#known.get(all.readInt32BE(5)) : undefined;
    const end = logIn === undefined ? 0 : 1 + all.readUInt32BE(1);
    // The server states the length. The known kinds have a salt of a few bytes, so a long request is refused instead of collected.
    if (logIn !== undefined && end > longest) throw new RangeError('The request to log in is too long.');
    if (all.length < end) return Buffer.alloc(0);
    this.#isOver = true;
    this.#arrived = Buffer.alloc(0);
    if (logIn !== undefined) this.#answer(logIn, all.subarray(kindEnd, end));
    return all.subarray(end);
  }
}

/** Most bytes of a request to log in. */
const longest = 1_000;
