/** Facts about the server of a connection. */
export interface Server {
  /** As the server spells it: `9.7.0`, `10.11.18-MariaDB`. */
  readonly version: string;
  /** The connection id for `KILL`, as digits. */
  readonly connection: string;
  /** Bytes. */
  readonly longestStatement: number;
  /** Whether the generated keys of one statement are consecutive. */
  readonly consecutiveKeys: boolean;
  /** Whether transactions of the default isolation have one snapshot. */
  readonly keepsSnapshot: boolean;
}

const modes = [
  'STRICT_ALL_TABLES',
  'STRICT_TRANS_TABLES',
  'NO_ZERO_IN_DATE',
  'NO_ZERO_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_ENGINE_SUBSTITUTION',
  // A given 0 is stored as 0, as in other databases; the server would generate a key instead.
  'NO_AUTO_VALUE_ON_ZERO',
];

/** Session settings that statements and values rely on: UTC, strict mode, aggregates that are not cut off. */
export const sessionSettings = `set time_zone = '+00:00', sql_mode = '${modes.join(',')}', group_concat_max_len = 4294967295`;

/** Reads the one row of `serverQuery`. */
export function readServer(row: readonly unknown[]): Server {
  const [version, connection, longest, increment, isolation] = row.map(String);
  return {
    version: version!,
    connection: connection!,
    longestStatement: Number(longest),
    consecutiveKeys: increment === '1',
    keepsSnapshot: isolation === 'REPEATABLE-READ' || isolation === 'SERIALIZABLE',
  };
}

/** The query whose row `readServer` reads. The engines have different names for the isolation variable. */
export function serverQuery(isolationVariable: 'transaction_isolation' | 'tx_isolation'): string {
  return `select version(), connection_id(), @@max_allowed_packet, @@auto_increment_increment, @@${isolationVariable}`;
}
