import { randomBytes, randomUUID } from 'node:crypto';
import type { Connection } from 'mysql2';
import { FozError } from '../../../core/index.ts';
import type { FollowOptions } from '../../../plan/index.ts';
import { connect, rowsOf } from '../connect.ts';
import type { Settings } from '../options.ts';
import type { Server } from '../server.ts';
import type { Ask } from './ask.ts';
import {
  type BinlogPosition,
  binlogPositionOf,
  FileBinlogPosition,
  GtidBinlogPosition,
} from './binlog-position.ts';
import { GtidPosition } from './gtid-position.ts';
import { GtidSet } from './gtid-set.ts';
import { gated, type SocketGate } from './socket-gate.ts';

/** Nanoseconds between heartbeats of an idle server. Without any for `silenceMs` (in stream.ts), the connection counts as lost. */
const heartbeatNs = 5_000_000_000;

/** Seconds that the server waits for a reader that has paused: seven days, since reading pauses for as long as the messages are not taken. */
const writeSeconds = 7 * 24 * 3600;

const commands = { dump: 0x12, dumpByGtid: 0x1e } as const;

/** A connection that is ready to send the binlog from a position on. */
export interface Dump {
  readonly client: Connection;
  readonly gate: SocketGate;
  readonly place: BinlogPosition;
  /** Whether events have a checksum. Valid until the log's first event states it. */
  readonly hasChecksums: boolean;
  /** Runs a short query. Only before `start`. */
  readonly ask: Ask;
  /** Starts the dump. From then on the server only sends events. */
  readonly start: () => void;
}

/** Connects and prepares the connection. Rejects with the error of the driver or the server, or with FozError. */
export async function openDump(settings: Settings, { after }: FollowOptions): Promise<Dump> {
  const { options, gate } = gated(settings.client);
  const { client, server } = await connect({ ...settings, client: options });
  const ask = (text: string) => rowsOf(client, text);
  try {
    const place =
      after === undefined
        ? await presentPosition(ask, settings, server)
        : binlogPositionOf(after, settings.engine);
    await ask(readerSettings(settings, place));
    const [[checksum] = []] = await ask('select @@global.binlog_checksum');
    const hasChecksums = checksum !== 'NONE';
    return { client, gate: gate(), place, hasChecksums, ask, start: () => send(client, commandOf(place)) };
  } catch (error) {
    client.destroy();
    throw error;
  }
}

/** The present end of the log. Later commits come after it. */
async function presentPosition(ask: Ask, { engine }: Settings, { version }: Server): Promise<BinlogPosition> {
  if (engine === 'mariadb') {
    const [[position] = []] = await ask('select @@global.gtid_binlog_pos');
    return new GtidBinlogPosition(GtidPosition.parse(String(position)));
  }
  const [[mode, executed] = []] = await ask('select @@global.gtid_mode, @@global.gtid_executed');
  if (mode === 'ON') return new GtidBinlogPosition(GtidSet.parse(String(executed)));
  const [[file, offset] = []] = await ask(statusQuery(version));
  if (file === undefined) throw new FozError('not-supported', 'The server writes no binlog.');
  return new FileBinlogPosition(String(file), Number(offset));
}

/** The query for the end of MySQL's binlog. Its name was changed in 8.2. */
export function statusQuery(version: string): string {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 8 || (major === 8 && minor >= 2) ? 'show binary log status' : 'show master status';
}

/** Settings of a reader of the log. Both names of each are set where MySQL has renamed it. */
function readerSettings({ engine }: Settings, place: BinlogPosition): string {
  const named = (name: string, value: string) => [`@master_${name} = ${value}`, `@source_${name} = ${value}`];
  // The server ends an older reader with the same identity.
  const identity = `'${randomUUID()}'`;
  const list = [
    ...named('heartbeat_period', String(heartbeatNs)),
    ...named('binlog_checksum', '@@global.binlog_checksum'),
    `@slave_uuid = ${identity}`,
    `@replica_uuid = ${identity}`,
    `session net_write_timeout = ${writeSeconds}`,
  ];
  if (engine === 'mariadb' && place instanceof GtidBinlogPosition)
    // 4: the reader knows GTIDs.
    list.push('@mariadb_slave_capability = 4', `@slave_connect_state = '${place.executed}'`);
  return `set ${list.join(', ')}`;
}

/** The command that starts the dump: COM_BINLOG_DUMP, or COM_BINLOG_DUMP_GTID. */
function commandOf(place: BinlogPosition): Buffer {
  // A random id in the upper half, which real servers hardly have: the id must differ from those of all servers and readers.
  const serverId = 2 ** 31 + (randomBytes(4).readUInt32LE(0) >>> 1);
  if (place instanceof GtidBinlogPosition && place.executed instanceof GtidSet)
    return byGtid(serverId, place.executed.encode());
  const [file, offset] = place instanceof FileBinlogPosition ? [place.file, place.offset] : ['', 4];
  if (offset > 0xffffffff)
    throw new FozError('not-supported', `The binlog cannot be read from the offset ${offset} on.`);
  const head = Buffer.alloc(11);
  head.writeUInt8(commands.dump, 0);
  head.writeUInt32LE(offset, 1);
  head.writeUInt32LE(serverId, 7);
  return Buffer.concat([head, Buffer.from(file)]);
}

/** Without a file and from offset 4: the server looks for the file where the transactions that are not in the set begin. */
function byGtid(serverId: number, set: Buffer): Buffer {
  const head = Buffer.alloc(23);
  head.writeUInt8(commands.dumpByGtid, 0);
  head.writeUInt32LE(serverId, 3);
  head.writeBigUInt64LE(4n, 11);
  head.writeUInt32LE(set.length, 19);
  return Buffer.concat([head, set]);
}

function send(client: Connection, command: Buffer): void {
  const header = Buffer.alloc(4);
  header.writeUIntLE(command.length, 0, 3);
  (client as unknown as { write(bytes: Buffer): void }).write(Buffer.concat([header, command]));
}
