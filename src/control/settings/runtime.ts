import type { Knex } from 'knex';
import type { Actor, StoreLog } from '../../store/index.ts';
import { Follower } from '../../store/index.ts';
import { type ControlPlane, requirePlane } from '../plane.ts';
import { claimFirst } from './first-secret.ts';
import { mergeSettings } from './merge.ts';
import { type FileSettings, nothingStored, type Settings, type StoredSettings } from './settings.ts';
import { readStored } from './stored.ts';

export interface RuntimeSettingsOptions {
  readonly config: FileSettings;
  /** `null`: there is no store, so that the file says everything. */
  readonly plane: ControlPlane | null;
  /** Called with what holds from now on. */
  readonly apply: (settings: Settings) => void;
  readonly log: StoreLog;
}

/** A change, as the audit log tells of it; secrets are masked there. */
export interface SettingChange {
  /** `issuer.put` */
  readonly operation: string;
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * Issuers, limits, lists of operations and other ways of signing in that are changed while Foz runs. They stand in the store beside what
 * the configuration file says, which stays as it is; all processes that share the store follow each change.
 */
export class RuntimeSettings {
  readonly #options: RuntimeSettingsOptions;
  readonly #follower: Follower;
  #stored: StoredSettings = nothingStored;
  #current: Settings;
  /** The hash of a first secret for the store. */
  #offered: string | null = null;

  constructor(options: RuntimeSettingsOptions) {
    this.#options = options;
    this.#current = mergeSettings(options.config, nothingStored);
    this.#follower = new Follower({
      topics: ['issuer', 'operation', 'setting'],
      align: () => this.#align(),
      failed: (error) =>
        options.log.error({ err: error }, 'the settings of the store cannot be read: those known hold'),
    });
  }

  /** What the configuration file says. */
  get file(): FileSettings {
    return this.#options.config;
  }

  /** What the store says. */
  get stored(): StoredSettings {
    return this.#stored;
  }

  /** What holds. */
  get current(): Settings {
    return this.#current;
  }

  /** Applies what the store says, and follows its changes until `close`. A store that is down is followed as soon as it is there. */
  async start(): Promise<void> {
    const { plane } = this.#options;
    if (plane !== null) await this.#follower.start(plane.store);
  }

  /** Whether what the store says was read, or there is no store. */
  get isRead(): boolean {
    return this.#options.plane === null || this.#follower.hasUpdated;
  }

  close(): void {
    this.#follower.close();
  }

  /**
   * Offers the store a first admin secret, by its hash: it takes it unless it has one, or had. Resolves when it has decided, or did not
   * answer; then it is asked again and again.
   */
  async offerFirst(sha256: string): Promise<void> {
    this.#offered = sha256;
    await this.#follower.update().catch(() => this.#follower.retrySoon());
  }

  /**
   * Changes what the store says and writes that down, both or neither; it holds here when this resolves. Rejects with FozError
   * `not-supported` where there is no store, and as `body` does.
   */
  async change<T>(
    actor: Actor,
    { operation, before, after }: SettingChange,
    body: (transaction: Knex, plane: ControlPlane) => Promise<T>,
  ): Promise<T> {
    const plane = requirePlane(this.#options.plane, 'to keep settings in');
    const result = await plane.store.write(async (db) => {
      const done = await body(db, plane);
      await plane.audit?.changedWithin(db, { actor, operation, before, after });
      return done;
    });
    await this.#follower.update();
    return result;
  }

  async #align(): Promise<void> {
    const plane = requirePlane(this.#options.plane);
    await this.#take(plane);
    if (this.#offered === null || this.#current.firstSecret !== null) return;
    await claimFirst(plane.store, this.#offered);
    await this.#take(plane);
  }

  async #take(plane: ControlPlane): Promise<void> {
    const { config, apply, log } = this.#options;
    this.#stored = await readStored(plane);
    this.#current = mergeSettings(config, this.#stored);
    for (const { where, reason } of this.#current.issues)
      log.warn({ where, reason }, 'a setting is left out');
    apply(this.#current);
  }
}
