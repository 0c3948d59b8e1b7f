/** Numbers of transactions, first and last included. */
type Interval = readonly [first: number, last: number];

const tagPattern = /^[a-z_]\w{0,31}$/i;
const uuidPattern = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A number of a transaction. Throws RangeError for one that a double cannot hold, which no server reaches. */
function numberOf(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < 1)
    throw new RangeError(`"${text}" is not the number of a transaction.`);
  return number;
}

/**
 * The transactions that a MySQL server has executed: of each server (and tag) where they began, the intervals of their numbers. Its
 * text is that of the server: `uuid:1-5:7:tag:1,uuid:1`.
 */
export class GtidSet {
  /** By `uuid` or `uuid:tag`, each with intervals that are sorted and do not touch. */
  readonly #sources = new Map<string, Interval[]>();
  readonly #texts = new Map<string, string>();
  /** The names of the sources in order; `null`: a source was added since they were sorted. */
  #sorted: readonly string[] | null = null;
  #count = 0;

  /** Reads the server's text of a set. Throws RangeError for a text that is no set. */
  static parse(text: string): GtidSet {
    const set = new GtidSet();
    for (const part of text.split(',').map((part) => part.trim())) {
      if (part === '') continue;
      const [uuid = '', ...items] = part.toLowerCase().split(':');
      if (!uuidPattern.test(uuid)) throw new RangeError(`"${part}" is not a set of transactions.`);
      let source = uuid;
      for (const item of items) {
        if (tagPattern.test(item)) source = `${uuid}:${item}`;
        else {
          const [first = '', last = first] = item.split('-');
          set.#add(source, numberOf(first), numberOf(last));
        }
      }
    }
    return set;
  }

  /** How many transactions there are. A set that contains this one and more has a greater count. */
  get count(): number {
    return this.#count;
  }

  /** `source`: `uuid` or `uuid:tag`. */
  add(source: string, number: number): void {
    this.#add(source, number, number);
  }

  #add(source: string, first: number, last: number): void {
    const intervals = this.#sources.get(source);
    const end = intervals?.at(-1);
    this.#texts.delete(source);
    // Nearly every transaction follows the last one of its server.
    if (intervals !== undefined && end !== undefined && first === end[1] + 1 && last >= first) {
      intervals[intervals.length - 1] = [end[0], last];
      this.#count += last - first + 1;
      return;
    }
    const after = merged([...(intervals ?? []), [first, last]]);
    this.#sources.set(source, after);
    this.#count += sizeOf(after) - sizeOf(intervals ?? []);
    if (intervals === undefined) this.#sorted = null;
  }

  toString(): string {
    this.#sorted ??= [...this.#sources.keys()].sort();
    let text = '';
    let before = '';
    for (const source of this.#sorted) {
      const [uuid = '', tag] = source.split(':');
      const isSame = uuid === before;
      text += isSame ? `:${tag}` : `${text === '' ? '' : ','}${source}`;
      text += this.#intervalsText(source);
      before = uuid;
    }
    return text;
  }

  #intervalsText(source: string): string {
    let text = this.#texts.get(source);
    if (text === undefined) {
      text = this.#sources
        .get(source)!
        .map(([first, last]) => (first === last ? `:${first}` : `:${first}-${last}`))
        .join('');
      this.#texts.set(source, text);
    }
    return text;
  }

  /** The set as COM_BINLOG_DUMP_GTID takes it. Only a set with tags needs the newer form, which servers before 8.3 do not know. */
  encode(): Buffer {
    const sources = [...this.#sources.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    const hasTags = sources.some(([source]) => source.includes(':'));
    const count = BigInt(sources.length);
    return Buffer.concat([
      long(hasTags ? (1n << 56n) | (count << 8n) | 1n : count),
      ...sources.flatMap(([source, intervals]) => {
        const [uuid = '', tag = ''] = source.split(':');
        return [
          Buffer.from(uuid.replaceAll('-', ''), 'hex'),
          ...(hasTags ? [Buffer.from([tag.length << 1]), Buffer.from(tag)] : []),
          long(BigInt(intervals.length)),
          // The end of an interval is the number after its last one.
          ...intervals.flatMap(([first, last]) => [long(BigInt(first)), long(BigInt(last) + 1n)]),
        ];
      }),
    ]);
  }
}

function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function sizeOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

function merged(intervals: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const [first, last] of [...intervals].sort(([a], [b]) => a - b)) {
    const end = result.at(-1);
    if (end !== undefined && first <= end[1] + 1)
      result[result.length - 1] = [end[0], Math.max(end[1], last)];
    else result.push([first, last]);
  }
  return result;
}
