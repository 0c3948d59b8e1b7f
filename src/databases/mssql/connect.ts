import { Connection } from 'tedious';
import { otherKind, reachedSettings } from '../../sql/index.ts';
import type { Settings } from './options.ts';

/** Connects. Rejects with the error of the driver or the server, or with an error that names another kind of server. */
export async function connect(settings: Settings): Promise<Connection> {
  const client = new Connection(settings.client());
  // Without a listener a network error would end the process.
  client.on('error', () => {});
  try {
    await new Promise<void>((resolve, reject) => {
      client.connect((error) => (error ? reject(error) : resolve()));
    });
    reachedSettings.add(settings);
    return client;
  } catch (error) {
    client.close();
    if (!reachedSettings.has(settings)) {
      const other = await otherKind('mssql', settings, () => false, error);
      if (other !== null) throw other;
    }
    throw error;
  }
}
