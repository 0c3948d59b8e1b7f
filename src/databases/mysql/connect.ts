import { type Connection, createConnection, setMaxParserCache } from 'mysql2';
import type { FozError } from '../../core/index.ts';
import { otherKind, reachedSettings } from '../../sql/index.ts';
import type { Settings } from './options.ts';
import { readServer, type Server, serverQuery, sessionSettings } from './server.ts';
import { refuseServer } from './supported.ts';

/** The client compiles a parser for each list of result columns and caches them for all connections: this is the most. */
setMaxParserCache(500);

/** A connection with the session settings, and facts about its server. */
export interface Connected {
  readonly client: Connection;
  readonly server: Server;
}

/** Connects, checks the server and applies the session settings. Rejects with the error of the driver or the server. */
export async function connect(settings: Settings): Promise<Connected> {
  const client = createConnection(settings.client);
  // Without a listener a network error would end the process.
  client.on('error', () => {});
  try {
    await greeted(client, settings);
    return { client, server: await prepared(client, settings) };
  } catch (error) {
    client.destroy();
    throw error;
  }
}

/** Runs a short statement without limits. A statement without a result returns no rows. */
export function rowsOf(client: Connection, text: string): Promise<readonly (readonly unknown[])[]> {
  return new Promise((resolve, reject) => {
    client.query(text, (error, result) => {
      if (error !== null) reject(error);
      else resolve(Array.isArray(result) ? (result as readonly (readonly unknown[])[]) : []);
    });
  });
}

/** Sets the session's settings and checks the server. Rejects with the error of the server, or with that of `refuseServer`. */
async function prepared(client: Connection, { engine, isolationVariable }: Settings): Promise<Server> {
  try {
    await rowsOf(client, sessionSettings);
    const server = readServer((await rowsOf(client, serverQuery(isolationVariable)))[0]!);
    refuseServer(engine, server.version);
    return server;
  } catch (error) {
    // A server of another kind may lack a setting. Naming its kind and version helps more than naming the setting.
    const [row] = await rowsOf(client, 'select version()').catch(() => []);
    if (row !== undefined) refuseServer(engine, String(row[0]));
    throw error;
  }
}

/** Milliseconds without a greeting, after which the first connection checks for another kind of server at the address. */
const silenceMs = 1_500;

/** Resolves when the client is authenticated. Rejects with the driver's error, or with an error that names another kind of server. */
async function greeted(client: Connection, settings: Settings): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      client.connect((error) => (error ? reject(error) : resolve()));
      if (reachedSettings.has(settings) || settings.client.socketPath !== undefined) return;
      const check = () => void otherServer(settings).then((found) => found !== null && reject(found));
      timer = setTimeout(check, silenceMs);
    });
    reachedSettings.add(settings);
  } finally {
    clearTimeout(timer);
  }
}

/** The error for a server that is not MySQL; `null`: no other kind of server was recognized. */
function otherServer({ client, engine }: Settings): Promise<FozError | null> {
  const address = { host: client.host ?? 'localhost', port: client.port ?? 3306 };
  return otherKind(engine, address, (server) => /^(?:MySQL|MariaDB)/.test(server));
}
