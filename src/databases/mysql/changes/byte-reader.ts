/** Reads the fields of one event in order. Integers are little-endian unless the name says otherwise. Throws RangeError for a read past the end. */
export class ByteReader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Bytes that were not read. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  /** An unsigned integer of 1 to 6 bytes. */
  uint(size: number): number {
    return this.bytes.readUIntLE(this.skip(size), size);
  }

  /** A signed integer of 1 to 6 bytes. */
  int(size: number): number {
    return this.bytes.readIntLE(this.skip(size), size);
  }

  /** A big-endian unsigned integer of 1 to 6 bytes. */
  uintBE(size: number): number {
    return this.bytes.readUIntBE(this.skip(size), size);
  }

  uint64(): bigint {
    return this.bytes.readBigUInt64LE(this.skip(8));
  }

  int64(): bigint {
    return this.bytes.readBigInt64LE(this.skip(8));
  }

  float(): number {
    return this.bytes.readFloatLE(this.skip(4));
  }

  double(): number {
    return this.bytes.readDoubleLE(this.skip(8));
  }

  /** An integer whose first byte says how long it is ("length-encoded integer" of the protocol). */
  packed(): number {
    const first = this.uint(1);
    if (first < 251) return first;
    if (first === 252) return this.uint(2);
    if (first === 253) return this.uint(3);
    if (first === 254) return Number(this.uint64());
    throw new RangeError('A length in an event of the binlog is not valid.');
  }

  /** Bytes that share the memory of the event. */
  take(size: number): Buffer {
    const start = this.skip(size);
    return this.bytes.subarray(start, start + size);
  }

  text(size: number): string {
    const start = this.skip(size);
    return this.bytes.toString('utf8', start, start + size);
  }

  /** Steps over bytes; returns where they begin. */
  skip(size: number): number {
    const start = this.at;
    if (start + size > this.bytes.length) throw new RangeError('An event of the binlog is cut.');
    this.at = start + size;
    return start;
  }
}
