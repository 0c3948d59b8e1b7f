import { FozError } from '../../core/index.ts';
import { nextTurn } from '../time-slice.ts';
import { type PackedText, Packer } from './packed.ts';
import type { Walk } from './walk.ts';

/** Milliseconds of writing before other requests have their turn. */
const slice = 5;
/** Characters after which the text is passed on. */
const pieceLength = 128 * 1024;
/** Characters beyond which a text is compressed while it is written. */
const longestPlain = 1024 * 1024;
/** The most characters of a text. */
const mostCharacters = 2 ** 31;
const mostPlainCharacters = 2 ** 28;

/** Collects text, and reports to the writer when to pause. */
export class Sink {
  #text = '';
  #until = performance.now() + slice;
  #count = 0;

  write(text: string): void {
    this.#text += text;
  }

  /** Whether it is time to pause, because there is enough text or the time slice is over. */
  isDue(): boolean {
    // Reading the clock costs as much as writing a small field.
    if ((++this.#count & 7) !== 0) return false;
    return this.#text.length >= pieceLength || this.isLate();
  }

  /** Whether the time slice is over. */
  isLate(): boolean {
    return performance.now() >= this.#until;
  }

  /** Begins a new time slice. */
  restart(): void {
    this.#until = performance.now() + slice;
  }

  /** The text that was written since the last call. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

/**
 * Runs a walk in time slices and passes its text on in pieces. Throws `timeout` when `isStopped`, `limit-exceeded` beyond
 * `most` characters.
 */
async function run(
  begin: (sink: Sink) => Walk,
  isStopped: () => boolean,
  most: number,
  take: (piece: string) => Promise<void> | undefined,
): Promise<void> {
  await nextTurn();
  const sink = new Sink();
  const walk = begin(sink);
  let length = 0;
  for (let done = false; !done; ) {
    done = walk.next().done === true;
    const piece = sink.take();
    length += piece.length;
    if (length > most) throw tooLong(most);
    const taken = piece === '' ? undefined : take(piece);
    if (taken !== undefined) await taken;
    if (done || !(taken !== undefined || sink.isLate())) continue;
    await nextTurn();
    if (isStopped()) throw new FozError('timeout', 'Nobody waits for the answer any more.');
    sink.restart();
  }
}

function tooLong(most: number): FozError {
  return new FozError(
    'limit-exceeded',
    `The introspection answer is longer than ${most} characters: ask for less of the types at once.`,
    { details: { limit: most } },
  );
}

/** The text of a walk as one string, of at most so many characters. */
export async function writePlain(
  begin: (sink: Sink) => Walk,
  isStopped: () => boolean,
  most = mostPlainCharacters,
): Promise<string> {
  const pieces: string[] = [];
  await run(begin, isStopped, Math.min(most, mostPlainCharacters), (piece) => {
    pieces.push(piece);
    return undefined;
  });
  return pieces.join('');
}

/** The text of a walk: a string where it is short, otherwise compressed while it is written. */
export async function write(
  begin: (sink: Sink) => Walk,
  isStopped: () => boolean,
): Promise<string | PackedText> {
  const pieces: string[] = [];
  let length = 0;
  let packer: Packer | undefined;
  const take = (piece: string) => {
    if (packer !== undefined) return packer.write(piece);
    pieces.push(piece);
    length += piece.length;
    if (length <= longestPlain) return undefined;
    packer = new Packer();
    return packer.write(pieces.join(''));
  };
  try {
    await run(begin, isStopped, mostCharacters, take);
  } catch (error) {
    packer?.destroy();
    throw error;
  }
  return packer === undefined ? pieces.join('') : packer.end();
}
