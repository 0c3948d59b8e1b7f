import { types } from 'node:util';
import type { StoreConnection } from './connect.ts';

interface Notification {
  readonly channel: string;
  readonly payload?: string;
  readonly processId: number;
}

type Row = Readonly<Record<string, unknown>>;

/** A connection to the store that lasts: locks are held by it, and end with it. */
export interface StoreSession {
  /** Runs a statement with `?` for its values, after those that were given before. */
  run(text: string, values: readonly unknown[]): Promise<readonly Row[]>;
  /** Calls the listener with each notification of a channel by other connections. An embedded store has none. */
  listen(channel: string, listener: (payload: string) => void): Promise<void>;
  /** Whether locks are held: a pooler in transaction mode gives each transaction another connection. */
  readonly isOwn: boolean;
  /** Resolves when the connection has ended, or a statement on it was not answered in time; for an embedded store never. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** The server notices within seconds that the other end is gone, and then releases the locks of the session. */
const keepAlive =
  'set tcp_keepalives_idle = 2; set tcp_keepalives_interval = 1; set tcp_keepalives_count = 2;';

/** Opens a session. Rejects with the error of the driver. */
export async function openSession({ db, listener }: StoreConnection): Promise<StoreSession> {
  if (listener === null)
    return {
      run: async (text, values) => (await db.raw(text, values as never)).rows,
      listen: async () => {},
      isOwn: true,
      ended: new Promise(() => {}),
      close: async () => {},
    };
  const connection = await listener();
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
    for (const event of ['end', 'error'] as const) connection.on(event, () => resolve());
  });
  const send: StoreSession['run'] = async (text, values) => {
    try {
      return (await db.raw(text, values as never).connection(connection)).rows;
    } catch (error) {
      if (isUnanswered(error)) {
        // The other end may be gone without a word, so that the connection would not end by itself.
        end();
        void connection.end().catch(() => {});
      }
      throw error;
    }
  };
  const inTurn = oneAtATime();
  const run: StoreSession['run'] = (text, values) => inTurn(() => send(text, values));
  const [server] = await run('select pg_backend_pid() as pid', []);
  // A pooler names a process of its own.
  const isOwn = connection.processID === server?.pid;
  if (isOwn) await connection.query(keepAlive).catch(() => {});
  return {
    run,
    isOwn,
    async listen(channel, heard) {
      connection.on('notification', (given) => {
        const { channel: name, payload = '', processId } = given as Notification;
        if (name === channel && processId !== connection.processID) heard(payload);
      });
      await inTurn(() => connection.query(`listen ${channel}`));
    },
    ended,
    close: () => connection.end().catch(() => {}),
  };
}

/** Returns a function that calls bodies one after another: a connection of `pg` takes a statement only after the answer to the one before. */
function oneAtATime(): <T>(body: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (body) => {
    const done = last.then(body);
    last = done.catch(() => {});
    return done;
  };
}

/** Whether the driver has given up waiting for an answer. An error of the server has another text. */
function isUnanswered(error: unknown): boolean {
  return types.isNativeError(error) && error.message === 'Query read timeout';
}
