import { type ConnectionOptions, createConnection } from 'mysql2';

/**
 * Kills the running statement of a connection, over a separate connection. Resolves when the server has done so, or when it could not be
 * reached within `limitMs`; never rejects.
 */
export function killQuery(options: ConnectionOptions, connection: string, limitMs: number): Promise<void> {
  if (!/^\d+$/.test(connection)) throw new TypeError(`not a connection: ${connection}`);
  return new Promise((resolve) => {
    const { database: _, ...address } = options;
    const client = createConnection({ ...address, connectTimeout: limitMs });
    const done = () => {
      clearTimeout(timer);
      client.destroy();
      resolve();
    };
    const timer = setTimeout(done, limitMs);
    client.on('error', done);
    client.query(`kill query ${connection}`, done);
  });
}
