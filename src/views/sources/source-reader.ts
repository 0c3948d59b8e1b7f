import type { Metadata, SourceFacts, TableFacts } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import type { SourceConfig } from '../config.ts';
import { CheckSchedule } from './check-schedule.ts';
import { enumCandidates, type WantedEnums, wantedEnums, withEnumRows } from './enum-tables.ts';
import type { AttachedSource } from './source.ts';
import type { StoredCatalog } from './stored-catalog.ts';

const introspectMs = 60_000;

/** Introspects sources, with the rows of enum tables, and keeps their facts in the stored catalog. */
export class SourceReader {
  readonly #stored: StoredCatalog | null;
  readonly #checkSeconds: number;
  readonly #schedules = new WeakMap<AttachedSource, CheckSchedule>();
  #wanted: WantedEnums = new Map();
  #isStoredFailing = false;

  /** `stored`: `null`, if nothing is stored. `checkSeconds`: for sources without a setting of their own. */
  constructor(stored: StoredCatalog | null, checkSeconds: number) {
    this.#stored = stored;
    this.#checkSeconds = checkSeconds;
  }

  /** Sets the enum tables whose rows are read from the next introspection on. */
  wantEnums(metadata: Metadata): void {
    this.#wanted = wantedEnums(metadata);
  }

  /** Whether a source was introspected without the rows of an enum table that is wanted now. */
  lacksEnums({ name, facts }: AttachedSource): boolean {
    if (facts === null) return false;
    const read = facts.enumTables ?? [];
    const has = (table: TableFacts) =>
      read.some((one) => one.table === table.name && one.namespace === table.namespace);
    return !enumCandidates(facts, this.#wanted, name).every(has);
  }

  /** The current facts of a source, without using them. Rejects with FozError when it cannot be reached. */
  current(source: AttachedSource): Promise<SourceFacts> {
    return factsOf(source, this.#wanted);
  }

  /** Introspects a source. Resolves with whether its facts have changed. `isAttached`: whether it still is by then. */
  async read(source: AttachedSource, isAttached: () => boolean): Promise<boolean> {
    const schedule = this.scheduleOf(source);
    // The check comes before the introspection, so that the next check detects a change in between.
    const hint = schedule.hasChecks
      ? await source.connector.changeHint(AbortSignal.timeout(introspectMs))
      : null;
    const started = performance.now();
    const facts = await this.current(source);
    const milliseconds = performance.now() - started;
    source.reading = { at: new Date(), milliseconds: Math.round(milliseconds) };
    const changed = JSON.stringify(facts) !== JSON.stringify(source.facts);
    source.facts = facts;
    schedule.read(hint, milliseconds, changed);
    if (changed && isAttached()) this.#store(source.name, (stored) => stored.write(source.name, facts));
    return changed;
  }

  /** When a source is checked for changes of its schema. */
  scheduleOf(source: AttachedSource): CheckSchedule {
    let schedule = this.#schedules.get(source);
    if (schedule === undefined) {
      schedule = new CheckSchedule(source.config.schema_check_seconds ?? this.#checkSeconds);
      this.#schedules.set(source, schedule);
    }
    return schedule;
  }

  /** Gives a source that cannot be introspected the facts of the stored catalog. */
  restore(source: AttachedSource): void {
    source.facts ??= this.#stored?.read(source.name) ?? null;
  }

  /** Removes a source from the stored catalog. */
  forget(name: SourceName): void {
    this.#store(name, (stored) => stored.remove(name));
  }

  /**
   * Changes the stored catalog of a source. Where the folder cannot be written, the source cannot be served from its catalog while it is
   * down. That is logged once.
   */
  #store(name: SourceName, change: (stored: StoredCatalog) => void): void {
    if (this.#stored === null) return;
    try {
      change(this.#stored);
      this.#isStoredFailing = false;
    } catch (error) {
      if (!this.#isStoredFailing)
        process.emitWarning(`The catalog of source ${name} is not stored: ${(error as Error).message}`);
      this.#isStoredFailing = true;
    }
  }
}

/** The facts of a database, within the patterns of its configuration. Rejects with FozError. */
export async function factsOf(
  { name, config, connector }: Pick<AttachedSource, 'name' | 'config' | 'connector'>,
  wanted: WantedEnums = new Map(),
): Promise<SourceFacts> {
  const patterns = (given: SourceConfig['tables']) => ({
    include: given?.include ?? [],
    exclude: given?.exclude ?? [],
  });
  const options = { namespaces: patterns(config.namespaces), tables: patterns(config.tables) };
  const facts = await connector.introspect(options, AbortSignal.timeout(introspectMs));
  return withEnumRows(facts, enumCandidates(facts, wanted, name), name, connector);
}
