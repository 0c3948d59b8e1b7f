/** What a connection knows about its server. */
export interface Server {
  /** As the server spells it: `9.7.0`, `10.11.18-MariaDB`. */
  readonly version: string;
  /** Digits that `KILL` takes. */
  readonly connection: string;
  /** Bytes. */
  readonly longestStatement: number;
  /** Several keys that one statement generates follow each other. */
  readonly consecutiveKeys: boolean;
  /** Transactions of the server's default isolation keep one snapshot. */
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

/** What the meaning of statements and the spelling of values depend on: UTC, strict mode, whole aggregates. */
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

/** Asks what `readServer` reads; the engines name the variable of the isolation differently. */
export function serverQuery(isolationVariable: 'transaction_isolation' | 'tx_isolation'): string {
  return `select version(), connection_id(), @@max_allowed_packet, @@auto_increment_increment, @@${isolationVariable}`;
}
