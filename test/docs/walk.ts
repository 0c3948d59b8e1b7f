import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { until } from '../support/wait.ts';
import { freePort, programsIn } from './programs.ts';

const root = join(import.meta.dirname, '../..');

/** A code block of a page. `kind` is its info string: `sh`, `sh background`, `yaml foz.yaml`, ... */
export interface PageBlock {
  readonly kind: string;
  readonly text: string;
}

/** The code blocks of a page with an info string, in order. */
export function blocksOf(page: string): PageBlock[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  return [...text.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].map(([, kind, found]) => ({
    kind: kind!,
    text: found!,
  }));
}

/** A folder in which a reader follows a page. The page says 8123 where a port is meant; another one is used. */
export class Reader {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Standard output of the server. */
  served = '';
  /** Standard output of the program that `start` has started last. */
  followed = '';
  readonly #port: number;
  readonly #running: ChildProcess[] = [];

  private constructor(folder: string, port: number, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#port = port;
    this.env = {
      ...process.env,
      NODE_OPTIONS: '',
      FOZ_STORE_URL: '',
      FOZ_LOG_LEVEL: 'fatal',
      ...env,
      PATH: programsIn(folder),
    };
  }

  static async in(folder: string, env: NodeJS.ProcessEnv): Promise<Reader> {
    return new Reader(folder, await freePort(), env);
  }

  /** Runs commands, none of which may fail or write to stderr. Returns their output. */
  run(text: string): string {
    const script = this.#here(text);
    const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', script], {
      cwd: this.folder,
      env: this.env,
      encoding: 'utf8',
    });
    expect([script, stderr, status]).toEqual([script, '', 0]);
    return stdout;
  }

  write(name: string, text: string): void {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, this.#here(text));
  }

  append(name: string, text: string): void {
    appendFileSync(join(this.folder, name), text);
  }

  /** Starts a server. Resolves when it is ready. */
  async serve(text: string): Promise<void> {
    this.#background(`exec ${text.trim()}`, (part) => {
      this.served += part;
    });
    await until(
      async () => (await fetch(`http://127.0.0.1:${this.#port}/readyz`).catch(() => null))?.ok ?? false,
      600_000,
    );
  }

  /** Starts a program that goes on. */
  start(text: string): void {
    this.followed = '';
    this.#background(text, (part) => {
      this.followed += part;
    });
  }

  close(): void {
    for (const { pid } of this.#running)
      try {
        process.kill(-pid!, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
  }

  /** Starts commands in a process group of their own. */
  #background(text: string, onOutput: (part: string) => void): void {
    const child = spawn('sh', ['-e', '-c', this.#here(text)], {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    this.#running.push(child);
    child.stdout!.setEncoding('utf8').on('data', onOutput);
  }

  #here(text: string): string {
    return text.replaceAll('8123', String(this.#port));
  }
}
