import { pino } from 'pino';
import type { FozConfig } from '../../../src/control/index.ts';
import { type Started, start } from '../../../src/main.ts';
import { untilRead } from '../../support/ready.ts';

export const secret = 'a secret of some length';

/** Foz started without sources, and functions that send requests as admin. */
export interface Running {
  readonly server: Started;
  /** The lines of the log. */
  readonly logged: readonly string[];
  control(query: string, variables?: object): Promise<Reply>;
  ask(query: string): Promise<Reply>;
}

export interface Reply {
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes are looked at
  readonly data?: any;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
  readonly text: string;
}

export async function running(config: Partial<FozConfig>): Promise<Running> {
  const logged: string[] = [];
  const server = await start(
    {
      server: { port: 0, graphiql: false },
      auth: { admin_secrets: [secret] },
      sources: [],
      ...config,
    },
    { logger: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }) },
  );
  await untilRead(server);
  const post = async (path: string, query: string, variables: object = {}): Promise<Reply> => {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    return { ...JSON.parse(text), text };
  };
  return {
    server,
    logged,
    control: (query, variables) => post('control/graphql', query, variables),
    ask: (query) => post('graphql', query),
  };
}

export const attachSource = `mutation ($name: String!, $kind: SourceKind!, $settings: SourceSettingsInput!, $force: Boolean! = false) {
  attachSource(name: $name, kind: $kind, settings: $settings, force: $force) {
    name kind state reason tables readAt readMilliseconds owner revision pool { size idle waiting } settings { url path readonly }
  }
}`;
