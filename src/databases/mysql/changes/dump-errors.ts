import { FozError } from '../../../core/index.ts';
import { type NativeError, toFozError } from '../errors.ts';
import { gone } from './binlog-position.ts';

/** Errors of a position that the log does not have: purged files, an offset past the end, unknown GTIDs of MariaDB. */
const purged = new Set([1236, 1373, 1945, 1955]);

/** The error in a packet of the server. */
export function errorIn(payload: Buffer): NativeError {
  const errno = payload.readUInt16LE(1);
  const hasState = payload[3] === 0x23;
  return {
    errno,
    ...(hasState ? { sqlState: payload.toString('latin1', 4, 9) } : { sqlState: 'HY000' }),
    message: payload.toString('utf8', hasState ? 9 : 3),
  };
}

/** The error of a stream whose server has ended the dump. */
export function dumpError(native: NativeError): FozError {
  if (!purged.has(Number(native.errno))) return toFozError(native);
  const internal = `${native.message} (error ${native.errno})`;
  if (/same server_(?:uuid|id)/.test(native.message))
    return new FozError('unavailable', 'Another reader of the binlog has taken the place of this one.', {
      internal,
    });
  if (/GTID_MODE/i.test(native.message))
    return new FozError(
      'not-supported',
      'The server has GTIDs no more (gtid_mode), and the position is one of GTIDs.',
      {
        internal,
      },
    );
  return gone({ message: internal });
}
