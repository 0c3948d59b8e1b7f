/** The answer to a request to log in. `salt`: the bytes after the code of the request. */
export type LogIn = (user: string, password: string, salt: Buffer) => string;

/** The code of the messages about log-ins, and the bytes up to the kind of log-in: the code, a length, the kind. */
const requestCode = 'R'.charCodeAt(0);
const kindEnd = 9;

/** Takes the first message of a server out of the stream where it asks for a kind of log-in that the pg client does not know. */
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
    // The length of a request is the server's word: a kind that is known has a salt of some bytes.
    if (logIn !== undefined && end > longest) throw new RangeError('The request to log in is too long.');
    if (all.length < end) return Buffer.alloc(0);
    this.#isOver = true;
    this.#arrived = Buffer.alloc(0);
    if (logIn !== undefined) this.#answer(logIn, all.subarray(kindEnd, end));
    return all.subarray(end);
  }
}

/** The most bytes of such a request. */
const longest = 1_000;
