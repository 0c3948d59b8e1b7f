/** A log sequence number as a text that sorts in the order of the log: 16 hexadecimal digits. */
export function lsnText(lsn: bigint): string {
  return lsn.toString(16).toUpperCase().padStart(16, '0');
}

/** A log sequence number as PostgreSQL spells it: `16/B374D848`. */
export function lsnSpelled(text: string): string {
  const trimmed = (part: string) => part.replace(/^0+(?=.)/, '');
  return `${trimmed(text.slice(0, 8))}/${trimmed(text.slice(8))}`;
}

/** Reads PostgreSQL's spelling of a log sequence number. */
export function parseLsn(spelled: string): bigint {
  const [high, low] = spelled.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** Microseconds from 1970 to 2000, the epoch of PostgreSQL's timestamps. */
const epoch = 946_684_800_000_000n;

/** Milliseconds since 1970 of a timestamp in the replication protocol. */
export function unixMs(microseconds: bigint): number {
  return Number((microseconds + epoch) / 1000n);
}

/** The present time as the replication protocol spells it. */
export function protocolNow(): bigint {
  return BigInt(Date.now()) * 1000n - epoch;
}
