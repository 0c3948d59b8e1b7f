import { type EndSignal, FozError, HeldBytes, pause } from '../../core/index.ts';
import type { ChangeMessage, ChangePosition, ChangeStream, Changes } from '../../plan/index.ts';
import { type Driver, type Ownership, streamClosed, streamNotAwaited, takeFile } from '../../sql/index.ts';
import { type NativeError, sqliteError } from './errors.ts';
import { fileIdentity } from './file-identity.ts';
import type { ResolvedOptions } from './options.ts';
import { followOutbox, outboxLeft, outboxOffer } from './outbox/index.ts';
import { EngineProcess, type EngineSettings } from './process.ts';

/** Milliseconds between two reads of the data version. */
const intervalMs = 50;

/** Differs after every commit of another connection, in this process or another: https://www.sqlite.org/pragma.html#pragma_data_version */
const versionQuery = 'select data_version from pragma_data_version';

/** The changes of a SQLite file: with rows by an outbox, without rows by its data version. */
export function sqliteChanges(
  { file, reader, writer }: Pick<ResolvedOptions, 'file' | 'reader' | 'writer'>,
  driver: Pick<Driver, 'run'>,
): Changes {
  return {
    offers: async (tables, signal) => [
      await outboxOffer(driver, writer === null, tables, signal),
      {
        method: 'version',
        grain: 'database',
        obstacles: [],
        setup: [],
        gaps: [],
        unseen: [],
        warnings: [],
      },
    ],
    leftOvers: (signal) => outboxLeft(driver, signal),
    async follow(options) {
      if (options.method === 'triggers') return followOutbox(driver, () => ownOutbox(file, reader), options);
      if (options.keptAs === null && options.after === undefined) return VersionStream.open(reader);
      throw new FozError('not-supported', 'SQLite keeps no log of its changes: a stream can only begin now.');
    },
  };
}

/**
 * Takes the lock on the outbox of a file: a lock on a file beside it, which ends with the process. New changes are noticed by the data
 * version. Rejects with FozError `conflict` when another reader holds it.
 */
async function ownOutbox(file: string, reader: EngineSettings): Promise<Ownership> {
  let release: (() => void) | null;
  try {
    release = await takeFile(`${file}-foz-outbox`);
  } catch (error) {
    throw new FozError('unavailable', 'The folder of the database cannot be written.', { cause: error });
  }
  if (release === null) throw new FozError('conflict', 'Another process reads the outbox of the database.');
  try {
    const stream = await VersionStream.open(reader);
    return {
      wait: (signal) => stream.changed(signal),
      async release() {
        release();
        await stream.close();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Polls the data version on a connection of its own, so that the commits of all other connections are noticed. */
class VersionStream implements ChangeStream {
  readonly start: ChangePosition = '';
  readonly #engine: EngineProcess;
  readonly #file: string;
  #version: string;
  /** Identifies the file that is open. */
  readonly #identity: string;
  #isClosed = false;

  private constructor(engine: EngineProcess, file: string, version: string, identity: string) {
    this.#engine = engine;
    this.#file = file;
    this.#version = version;
    this.#identity = identity;
  }

  static async open(settings: EngineSettings): Promise<VersionStream> {
    const engine = await EngineProcess.start(settings, () => {});
    try {
      const { file } = settings;
      return new VersionStream(engine, file, await versionOf(engine, file), await identityOf(file));
    } catch (error) {
      engine.kill();
      throw error;
    }
  }

  async next(signal: EndSignal): Promise<readonly ChangeMessage[]> {
    await this.changed(signal);
    if (signal.aborted) throw streamNotAwaited();
    return [{ kind: 'touched' }];
  }

  /** Resolves after a commit since the last call or the start, or when the signal is aborted. */
  async changed(signal: EndSignal): Promise<void> {
    for (;;) {
      if (this.#isClosed) throw streamClosed();
      if (signal.aborted) return;
      const version = await versionOf(this.#engine, this.#file);
      if ((await identityOf(this.#file)) !== this.#identity)
        throw new FozError('unavailable', 'The file of the database was replaced.');
      if (version !== this.#version) {
        this.#version = version;
        return;
      }
      await pause(intervalMs, signal);
    }
  }

  acknowledge(): void {}

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#engine.kill();
  }
}

async function versionOf(engine: EngineProcess, file: string): Promise<string> {
  try {
    const { rows } = await engine.run(versionQuery, [], false, new HeldBytes(null));
    return String(rows[0]![0]);
  } catch (error) {
    throw error instanceof FozError ? error : sqliteError(error as NativeError, { file });
  }
}

/** The result of `fileIdentity`; `gone`: the file does not exist. */
function identityOf(file: string): Promise<string> {
  return fileIdentity(file).catch(() => 'gone');
}
