import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyFolder, freePort, home, ownedFolder } from './home.ts';
import { endProcess, killTree, launch, type Program } from './process.ts';

/** Database servers that run as separate processes. */
export const serverEngines = ['postgres', 'mysql', 'mariadb'] as const;

export type ServerEngine = (typeof serverEngines)[number];

/** A real database server with a private data folder and port; an administrator may connect without a password. */
export interface Server {
  readonly engine: ServerEngine;
  /** `postgres://postgres@127.0.0.1:PORT/postgres`, `mysql://root@127.0.0.1:PORT/`; the same after `restart`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Contains `data/` and `server.log`; deleted by `stop`. */
  readonly folder: string;
  /** Shuts the server down and deletes its data. */
  stop(): Promise<void>;
  /** Kills the process and its children with SIGKILL; the data stays as it is at that moment. */
  kill9(): Promise<void>;
  /** Starts the server again on the same data and port, after `kill9` or while it runs. */
  restart(): Promise<void>;
}

export interface StartOptions {
  /** Server settings in addition to the harness's: `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly port?: number;
}

/** The server is unavailable on this machine; `message` states the reason and a remedy. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** Start settings of one kind of server. */
export interface Kind {
  readonly engine: ServerEngine;
  /** Text in the log once clients may connect. */
  readonly ready: string;
  readonly stopSignal: NodeJS.Signals;
  url(port: number): string;
  /** A freshly initialised data folder, created once and only ever copied. Throws `Unavailable`. */
  template(): Promise<string>;
  /** The program and its arguments for a data folder. */
  command(
    data: string,
    port: number,
    settings: Readonly<Record<string, string>>,
  ): Promise<[Program, string[]]>;
}

/** The record beside the data with which another process finds the server, or stops it after its owner crashed. */
export interface ServerRecord {
  readonly engine: ServerEngine;
  readonly url: string;
  readonly pid: number;
  readonly folder: string;
  readonly stopSignal: NodeJS.Signals;
  /** The process that started the server and has to stop it; `null`: the server is kept. */
  readonly owner: number | null;
}

/** Starts one server of the kind. Throws `Unavailable`, or an `Error` with the tail of its log. */
export async function startServer(kind: Kind, options: StartOptions = {}): Promise<Server> {
  const template = await kind.template();
  const port = options.port ?? (await freePort());
  const folder = home('run', `${kind.engine}-${port}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(home('run'), { recursive: true });
  ownedFolder(folder);
  const data = join(folder, 'data');
  copyFolder(template, data);
  const log = join(folder, 'server.log');
  const [program, args] = await kind.command(data, port, options.settings ?? {});
  const begin = async () => {
    const pid = await launch(program, args, log, kind.ready);
    const url = kind.url(port);
    const { engine, stopSignal } = kind;
    const record: ServerRecord = { engine, url, pid, folder, stopSignal, owner: process.pid };
    writeFileSync(join(folder, 'server.json'), JSON.stringify(record));
    return pid;
  };
  let pid = await begin();
  return {
    engine: kind.engine,
    url: kind.url(port),
    port,
    folder,
    get pid() {
      return pid;
    },
    async stop() {
      await endProcess(pid, kind.stopSignal);
      rmSync(folder, { recursive: true, force: true });
    },
    kill9: () => killTree(pid),
    async restart() {
      if (!existsSync(folder))
        throw new Error(`The ${kind.engine} server on port ${port} was stopped and its data deleted.`);
      await endProcess(pid, kind.stopSignal);
      pid = await begin();
    },
  };
}
