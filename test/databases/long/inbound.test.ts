import { Inbound as MysqlInbound } from '../../../src/databases/mysql/inbound.ts';
import { Inbound as PostgresInbound } from '../../../src/databases/postgres/index.ts';

const seed = Number(process.env.FOZ_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** A seeded generator of whole numbers. */
function dice(start: number): (below: number) => number {
  let state = start >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Passes bytes on in pieces of random lengths, often of a few bytes. */
function inPieces(bytes: Buffer, roll: (below: number) => number, take: (piece: Buffer) => void): void {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + (roll(3) === 0 ? roll(7) : roll(400_000));
    take(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
}

function message(code: string, length: number, fill: number): Buffer {
  const bytes = Buffer.alloc(5 + length, fill);
  bytes[0] = code.charCodeAt(0);
  bytes.writeUInt32BE(4 + length, 1);
  return bytes;
}

test('PostgreSQL: all messages are passed on but the rows that are not let in, whatever pieces they come in', () => {
  for (let round = 0; round < 60; round++) {
    const roll = dice(seed + round);
    const messages = Array.from({ length: 40 }, (_, at) => {
      const length = roll(8) === 0 ? 250_000 + roll(200_000) : roll(300);
      return message('DTZCDD1'[roll(7)]!, length, at);
    });
    const most = 150 + roll(300_000);
    const passed: Buffer[] = [];
    const inbound = new PostgresInbound({
      admits: (bytes) => bytes <= most,
      pass: (bytes) => passed.push(Buffer.from(bytes)),
    });
    inPieces(Buffer.concat(messages), roll, (piece) => inbound.receive(piece));
    const wanted = messages.filter((one) => one[0] !== 0x44 || one.length <= most);
    expect([seed, round, Buffer.concat(passed).equals(Buffer.concat(wanted))]).toEqual([seed, round, true]);
  }
});

test('PostgreSQL: a row is refused when its length is known, and a length that no server sends is an error', () => {
  const asked: number[] = [];
  const inbound = new PostgresInbound({
    admits: (bytes) => asked.push(bytes) > 1,
    pass: () => {
      throw new Error('nothing may be passed on');
    },
  });
  inbound.receive(message('D', 1_000_000_000 - 5, 0).subarray(0, 5));
  expect(asked).toEqual([1_000_000_000]);
  const other = new PostgresInbound({ admits: () => true, pass: () => {} });
  expect(() => other.receive(Buffer.from([0x45, 0xff, 0xff, 0xff, 0xff]))).toThrow(RangeError);
  expect(() => other.receive(Buffer.from([0x44, 0, 0, 0, 1]))).toThrow(RangeError);
});

/** Splits a payload into packets as the MySQL protocol does: full ones, then the rest. */
function packets(payload: Buffer, first: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; ; at += 0xffffff) {
    const part = payload.subarray(at, at + 0xffffff);
    const header = Buffer.alloc(4);
    header.writeUIntLE(part.length, 0, 3);
    header[3] = (first + parts.length) & 0xff;
    parts.push(Buffer.concat([header, part]));
    if (part.length < 0xffffff) return parts;
  }
}

interface Step {
  readonly payload: Buffer;
  readonly isRow: boolean;
}

/** Answers of a server: some without rows, some with rows, some that end with an error. */
function conversation(roll: (below: number) => number, rows: number, longest: number): Step[][] {
  const control = (...bytes: number[]) => ({ payload: Buffer.from(bytes), isRow: false });
  return Array.from({ length: 6 }, (): Step[] => {
    const kind = roll(4);
    if (kind === 0) return [control(0, 1, 0, 2, 0)];
    if (kind === 1) return [control(0xff, 1, 2, 3)];
    const columns = 1 + roll(3);
    const rowOf = (length: number) => {
      // The byte that marks the end of the rows may also be the first byte of a row, if the row is long.
      const payload = Buffer.alloc(length, roll(256));
      payload[0] = length > 100 && roll(3) === 0 ? 0xfe : roll(0xfb);
      return { payload, isRow: true };
    };
    return [
      control(columns),
      ...Array.from({ length: columns }, () => ({ payload: Buffer.alloc(20 + roll(60), 3), isRow: false })),
      control(0xfe, 0, 0, 2, 0),
      ...Array.from({ length: roll(rows) }, () => rowOf(1 + roll(longest))),
      kind === 2 ? control(0xfe, 0, 0, 2, 0) : control(0xff, 7, 7, 7),
    ];
  });
}

test('MySQL: all packets are passed on but the rows that are not let in, and are numbered as if those had never been', () => {
  for (let round = 0; round < 60; round++) {
    const roll = dice(seed + round);
    const sent: Buffer[] = [];
    const wanted: Buffer[] = [];
    const most = roll(4_000);
    for (const answer of conversation(roll, 30, 5_000)) {
      let number = 1;
      let missed = 0;
      for (const { payload, isRow } of answer) {
        const whole = packets(payload, number);
        number += whole.length;
        sent.push(...whole);
        // After the first row that is not admitted, all further rows of the answer are dropped.
        if (isRow && (missed > 0 || payload.length > most)) missed++;
        else wanted.push(...packets(payload, number - whole.length - missed));
      }
    }
    const passed: Buffer[] = [];
    let isFull = false;
    const inbound = new MysqlInbound({
      packets: { execute: (bytes) => passed.push(Buffer.from(bytes)), largePacketParts: [] },
      admits: (bytes) => {
        isFull ||= bytes > most;
        return !isFull;
      },
      onError: (error) => {
        throw error;
      },
    });
    // Each answer follows a request of its own, so packets of two answers never arrive in one piece.
    let at = 0;
    for (const packet of sent) {
      if (packet[3] === 1) isFull = false;
      at += packet.length;
      inPieces(packet, roll, (piece) => inbound.execute(piece));
    }
    expect(at).toBe(Buffer.concat(sent).length);
    expect([seed, round, Buffer.concat(passed).equals(Buffer.concat(wanted))]).toEqual([seed, round, true]);
  }
});

test('MySQL: a row longer than a packet is forgotten by the parser, too, when the rest of it is not let in', () => {
  const parts: unknown[] = [];
  const passed: Buffer[] = [];
  const inbound = new MysqlInbound({
    packets: { execute: (bytes) => passed.push(Buffer.from(bytes)), largePacketParts: parts },
    admits: (_, isNew) => isNew,
    onError: (error) => {
      throw error;
    },
  });
  const head = [Buffer.from([1]), Buffer.alloc(30, 3), Buffer.from([0xfe, 0, 0, 2, 0])];
  const sent = head.flatMap((payload, at) => packets(payload, at + 1));
  sent.push(...packets(Buffer.alloc(0xffffff + 10, 0x20), 4));
  for (const packet of sent.slice(0, 4)) inbound.execute(packet);
  parts.push('the first part');
  inbound.execute(sent[4]!);
  expect(parts).toEqual([]);
  inbound.execute(packets(Buffer.from([0xfe, 0, 0, 2, 0]), 6)[0]!);
  expect(passed.at(-1)).toEqual(Buffer.from([5, 0, 0, 4, 0xfe, 0, 0, 2, 0]));
});
