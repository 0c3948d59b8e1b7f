import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const program = join(import.meta.dirname, '../../bin/foz.js');

export interface ServingOptions {
  /** Options of Node, such as `--max-old-space-size=96`. */
  readonly node?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: a free one. */
  readonly port?: number;
}

/** The built command `foz serve` as a child process, in a folder with a `foz.yaml`. */
export class Serving {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string | null>;
  #log = '';

  private constructor(child: ChildProcess, port: number) {
    this.url = `http://127.0.0.1:${port}/`;
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-200_000);
      });
  }

  /** Resolves when the server and all its sources are ready. */
  static async start(
    folder: string,
    { node = [], env = {}, port = 0 }: ServingOptions = {},
  ): Promise<Serving> {
    if (port === 0) return Serving.start(folder, { node, env, port: await freePort() });
    const { FOZ_STORE_URL: _, FOZ_LOG_LEVEL: _level, FOZ_MASTER_KEY: _key, ...rest } = process.env;
    const child = spawn(process.execPath, [...node, program, 'serve', '--port', String(port)], {
      cwd: folder,
      env: { ...rest, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const serving = new Serving(child, port);
    while (!(await serving.isReady())) {
      serving.mustLive();
      await sleep(100);
    }
    return serving;
  }

  /** The end of its output. */
  get log(): string {
    return this.#log;
  }

  async isReady(): Promise<boolean> {
    return fetch(`${this.url}readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  /** Throws with its output if the process has ended. */
  mustLive(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`Foz ended (${exitCode ?? signalCode}): ${this.#log.slice(-3_000)}`);
  }

  async post(
    path: string,
    headers: Record<string, string>,
    body: object,
  ): Promise<{ status: number; text: string }> {
    this.mustLive();
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }

  /** The value of a metric. `name` includes the labels as Prometheus writes them. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    if (line === undefined) throw new Error(`No metric ${name}.`);
    return Number(line.slice(name.length + 1));
  }

  /** Lets the process stand still, or go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name);
  }

  /** Ends the process by SIGTERM. Resolves with its exit code, or with the signal that ended it. */
  stop(): Promise<number | string | null> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  /** Ends the process by SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGCONT');
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
