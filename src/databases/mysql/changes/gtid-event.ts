import { ByteReader } from './byte-reader.ts';
import { uuidText } from './native-forms.ts';

/** The content of the GTID event at the start of a transaction. */
export interface TransactionStart {
  /** The server that numbered it, `uuid` or `uuid:tag`, on MariaDB `domain-server`; `null`: the transaction has no GTID. */
  readonly source: string | null;
  /** The number of the transaction among those of the source. */
  readonly number: number;
  /** The time of the commit in milliseconds since 1970; `null`: the event has no time. */
  readonly at: number | null;
  /** Whether the next statement is the whole transaction. Events of MySQL lack this: its longer transactions begin with BEGIN. */
  readonly isStatement: boolean;
  /** Whether the transaction is only prepared: XA PREPARE on MariaDB. */
  readonly isPrepared: boolean;
}

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new RangeError('The number of a transaction is beyond 2^53.');
  return Number(value);
}

/** GTID_LOG_EVENT and ANONYMOUS_GTID_LOG_EVENT of MySQL. */
export function mysqlStart(body: Buffer, isAnonymous: boolean): TransactionStart {
  const reader = new ByteReader(body);
  reader.skip(1);
  const uuid = uuidText(reader.take(16));
  const number = safe(reader.uint64());
  // A mark, then the last committed transaction and the number of this one for parallel replicas.
  const hasTime = reader.left >= 24 && reader.uint(1) === 2;
  if (hasTime) reader.skip(16);
  return {
    source: isAnonymous ? null : uuid,
    number,
    at: hasTime ? committedAt(reader) : null,
    isStatement: false,
    isPrepared: false,
  };
}

/** Microseconds in 55 bits. The bit above says that the time on the first server follows. */
function committedAt(reader: ByteReader): number {
  const low = reader.uint(4);
  return Math.floor(((reader.uint(3) & 0x7fffff) * 2 ** 32 + low) / 1000);
}

/** GTID_TAGGED_LOG_EVENT of MySQL 8.3 and later: fields with their numbers, of integers of a varying length. */
export function taggedStart(body: Buffer): TransactionStart {
  const reader = new ByteReader(body);
  // The version of the format, the size of the message, and the last field that must be understood.
  for (let count = 0; count < 3; count++) varying(reader);
  let [uuid, tag, number, at] = ['', '', 0, null as number | null];
  while (reader.left > 0 && at === null) {
    const field = Number(varying(reader));
    if (field === 1) uuid = uuidText(Buffer.from(Array.from({ length: 16 }, () => Number(varying(reader)))));
    else if (field === 2) number = safe(varying(reader) >> 1n);
    else if (field === 3) tag = reader.text(Number(varying(reader)));
    else if (field === 6) at = Math.floor(Number(varying(reader)) / 1000);
    else varying(reader);
  }
  return { source: tag === '' ? uuid : `${uuid}:${tag}`, number, at, isStatement: false, isPrepared: false };
}

/** The ones at the end of the first byte count the bytes that follow, which hold the higher bits. */
function varying(reader: ByteReader): bigint {
  const first = reader.uint(1);
  let more = 0;
  while (more < 8 && (first >> more) & 1) more++;
  let high = 0n;
  for (let at = 0; at < more; at++) high |= BigInt(reader.uint(1)) << BigInt(8 * at);
  return more === 8 ? high : (high << BigInt(7 - more)) | BigInt(first >> (more + 1));
}

/** Flags of MariaDB's GTID_EVENT. */
const flag = { standalone: 0x01, preparedXa: 0x40 } as const;

/** GTID_EVENT of MariaDB. `server`: from the header of the event. */
export function mariadbStart(body: Buffer, server: number): TransactionStart {
  const reader = new ByteReader(body);
  const number = safe(reader.uint64());
  const domain = reader.uint(4);
  const flags = reader.uint(1);
  return {
    source: `${domain}-${server}`,
    number,
    at: null,
    isStatement: (flags & flag.standalone) !== 0,
    isPrepared: (flags & flag.preparedXa) !== 0,
  };
}
