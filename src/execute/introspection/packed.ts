import { once } from 'node:events';
import { finished, Readable } from 'node:stream';
import { finished as ended } from 'node:stream/promises';
import { createGunzip, createGzip, gunzipSync } from 'node:zlib';

/** Bytes of each piece that is compressed or decompressed. */
const chunkSize = 256 * 1024;

/** A long text in compressed form. The description of a large graph shrinks to a thirtieth. */
export class PackedText {
  /** Length of the text in UTF-8. */
  readonly bytes: number;
  /** The text as one gzip member, in pieces. */
  readonly gzip: readonly Buffer[];
  /** Bytes of `gzip`. */
  readonly packedBytes: number;

  constructor(bytes: number, gzip: readonly Buffer[]) {
    this.bytes = bytes;
    this.gzip = gzip;
    this.packedBytes = gzip.reduce((sum, { length }) => sum + length, 0);
  }

  /** The text in UTF-8 as a stream, decompressed at the speed at which it is read. */
  unpack(): Readable {
    const gunzip = createGunzip({ chunkSize });
    const source = Readable.from(this.gzip);
    finished(gunzip, () => source.destroy());
    return source.pipe(gunzip);
  }

  /** The whole text. Slow, and throws RangeError for a text longer than the longest string: prefer `unpack`. */
  text(): string {
    return gunzipSync(Buffer.concat(this.gzip)).toString();
  }
}

/** Compresses a text that comes in pieces, on a thread of Node's pool. */
export class Packer {
  readonly #gzip = createGzip({ level: 3, chunkSize });
  readonly #packed: Buffer[] = [];
  #bytes = 0;

  constructor() {
    this.#gzip.on('data', (piece: Buffer) => this.#packed.push(piece));
  }

  /** Returns a promise when the writer should wait (back-pressure). */
  write(piece: string): Promise<void> | undefined {
    const bytes = Buffer.from(piece);
    this.#bytes += bytes.length;
    if (this.#gzip.write(bytes)) return undefined;
    return once(this.#gzip, 'drain').then(() => undefined);
  }

  async end(): Promise<PackedText> {
    this.#gzip.end();
    await ended(this.#gzip);
    return new PackedText(this.#bytes, this.#packed);
  }

  /** Aborts. */
  destroy(): void {
    this.#gzip.destroy();
  }
}
