import type { Knex } from 'knex';
import type { Actor, StoreLog } from '../../store/index.ts';
import { Follower, failureFields } from '../../store/index.ts';
import { type ControlPlane, requirePlane } from '../plane.ts';
import { claimFirst } from './first-secret.ts';
import { mergeSettings } from './merge.ts';
import { type FileSettings, nothingStored, type Settings, type StoredSettings } from './settings.ts';
import { readStored } from './stored.ts';

export interface RuntimeSettingsOptions {
  readonly config: FileSettings;
  /** `null`: there is no store, so only the file has settings. */
  readonly plane: ControlPlane | null;
  /** Called with the effective settings after each change. */
  readonly apply: (settings: Settings) => void;
  readonly log: StoreLog;
}

/** A change in the form of the audit log; secrets are masked there. */
export interface SettingChange {
  /** `issuer.put` */
  readonly operation: string;
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * Settings that can be changed at run time: issuers, limits, allow lists and other sign-in methods. They are in the store, in addition to
 * those of the configuration file, which cannot be changed here. All processes that share the store follow each change.
 */
export class RuntimeSettings {
  readonly #options: RuntimeSettingsOptions;
  readonly #follower: Follower;
  #stored: StoredSettings = nothingStored;
  #current: Settings;
  /** The hash of a first secret that is offered to the store. */
  #offered: string | null = null;

  constructor(options: RuntimeSettingsOptions) {
    this.#options = options;
    this.#current = mergeSettings(options.config, nothingStored);
    this.#follower = new Follower({
      store: options.plane?.store ?? null,
      topics: ['issuer', 'provider', 'operation', 'setting'],
      align: () => this.#align(),
      failed: (error) =>
        options.log.error(failureFields(error), 'the settings of the store cannot be read: those known hold'),
    });
  }

  /** The settings of the configuration file. */
  get file(): FileSettings {
    return this.#options.config;
  }

  /** The settings of the store. */
  get stored(): StoredSettings {
    return this.#stored;
  }

  /** The effective settings. */
  get current(): Settings {
    return this.#current;
  }

  /** Applies the settings of the store and follows its changes until `close`. A store that is down is followed as soon as it is up. */
  async start(): Promise<void> {
    await this.#follower.start();
  }

  /** Whether the settings of the store were read; true where there is none. */
  get isRead(): boolean {
    return this.#follower.isRead;
  }

  /** Resolves when the settings of the store were read. */
  whenRead(): Promise<void> {
    return this.#follower.whenRead();
  }

  close(): void {
    this.#follower.close();
  }

  /**
   * Offers the hash of a first admin secret to the store, which takes it unless it has or had one. Resolves when the store has decided or
   * did not answer; in the latter case the offer is repeated in the background.
   */
  async offerFirst(sha256: string): Promise<void> {
    this.#offered = sha256;
    await this.#follower.update().catch(() => this.#follower.retrySoon());
  }

  /**
   * Changes settings of the store and records the change in the audit log, both in one transaction. When this resolves, the change is
   * effective in this process. Rejects with FozError `not-supported` where there is no store, and as `body` does.
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
    await this.#load(plane);
    if (this.#offered === null || this.#current.firstSecret !== null) return;
    await claimFirst(plane.store, this.#offered);
    await this.#load(plane);
  }

  async #load(plane: ControlPlane): Promise<void> {
    const { config, apply, log } = this.#options;
    this.#stored = await readStored(plane);
    this.#current = mergeSettings(config, this.#stored);
    for (const { where, reason } of this.#current.issues)
      log.warn({ where, reason }, 'a setting is left out');
    apply(this.#current);
  }
}
