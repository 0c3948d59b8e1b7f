import pg, { type ClientConfig } from 'pg';
import type { ServerError } from './errors.ts';
import type { Settings } from './options.ts';

type Startup = Readonly<Record<string, string>>;

/** A pg client that sends settings of its own with the start-up message. */
class Client extends pg.Client {
  readonly #startup: Startup;

  constructor(config: ClientConfig, startup: Startup) {
    super(config);
    this.#startup = startup;
  }

  /** Called by pg when it says hello to the server. */
  getStartupConf(): Record<string, string> {
    const inherited = pg.Client.prototype as unknown as { getStartupConf(): Record<string, string> };
    return { ...inherited.getStartupConf.call(this), ...this.#startup };
  }
}

/** Connects. Rejects with what the driver or the server says. */
export async function connect(settings: Settings): Promise<pg.Client> {
  try {
    return await attempt(settings.client, settings.startup);
  } catch (error) {
    if (!isRefusedSetting(error)) throw error;
    const { IntervalStyle: _, ...known } = settings.startup;
    return attempt(settings.client, known);
  }
}

async function attempt(config: ClientConfig, startup: Startup): Promise<pg.Client> {
  const client = new Client(config, startup);
  // Without a listener an error would end the process; what it says comes with the rejection.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** A connection pooler that does not know a setting. */
function isRefusedSetting(error: unknown): boolean {
  const { code, message } = error as ServerError;
  return code === '08P01' && /unsupported startup parameter.*intervalstyle/i.test(message);
}
