import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { ProviderConfig, SignInConfig } from '../../../src/auth/index.ts';
import { type Started, start } from '../../../src/main.ts';
import { queryAudit } from '../../../src/store/audit/index.ts';
import { untilRead } from '../../support/ready.ts';
import { Browser } from './browser.ts';

const secret = 'a secret of some length';

/** A Foz that people sign in to. */
export class FozForPeople {
  readonly #folder = mkdtempSync(join(tmpdir(), 'foz-sign-in-'));
  foz!: Started;
  /** Lines of its log. */
  readonly lines: string[] = [];

  async start(providers: readonly ProviderConfig[], signIn: SignInConfig = {}): Promise<void> {
    const logger = pino({ level: 'warn' }, { write: (line: string) => void this.lines.push(line) });
    this.foz = await start(
      {
        state: join(this.#folder, 'state'),
        server: { port: 0, graphiql: false },
        auth: { admin_secrets: [{ name: 'ops', secret }], providers, sign_in: signIn },
        sources: [],
      },
      { logger },
    );
    await untilRead(this.foz);
  }

  get url(): string {
    return this.foz.url;
  }

  at(path: string): URL {
    return new URL(path, this.url);
  }

  /** Signs in with a provider, in a browser of its own or the one that is given. */
  async signIn(provider: string, browser = new Browser(), query = '') {
    const page = await browser.go(
      this.at(`/auth/${provider}/login${query}`),
      ({ pathname, host }) => host === new URL(this.url).host && !pathname.startsWith('/auth/'),
    );
    return { browser, page };
  }

  /** What `/auth/session` says to a browser. */
  async session(browser: Browser): Promise<Record<string, unknown>> {
    const headers = { accept: 'application/json', 'sec-fetch-site': 'same-origin' };
    const { status, text } = await browser.ask(this.at('/auth/session'), { headers });
    return { status, ...JSON.parse(text) };
  }

  /** An operation of the control API, as an administrator. */
  async control(query: string, variables: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const response = await fetch(this.at('/control/graphql'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Record<string, unknown>;
  }

  async audit() {
    return (await queryAudit(this.foz.plane!.store, {})).records;
  }

  async close(): Promise<void> {
    await this.foz?.close(0);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
