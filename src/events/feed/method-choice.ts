import type { Column, Table } from '../../catalog/index.ts';
import type { EndSignal } from '../../core/index.ts';
import type { ChangedTable, ChangeMethod, ChangeOffer, Connector } from '../../plan/index.ts';
import { ReportedRows } from './reported-rows.ts';
import { tableKey } from './watchers.ts';

/** The setting of a source: a method, or `auto` for the best one that can be used. `off`: nobody can watch it. */
export type WantedMethod = 'auto' | ChangeMethod | 'polling' | 'off';

/** The chosen method. */
export interface ChosenMethod {
  readonly method: ChangeMethod | 'polling';
  /** Why better methods are not used; empty: there is no better one. */
  readonly obstacles: readonly string[];
  /** When the method was last changed. */
  readonly since: Date;
}

/** The method that was chosen among the offers of a database. */
export type Choice =
  /** `offer`: the chosen one; `null`: polling. `nowSeen`: tables that the former method did not report, and the chosen one does. */
  | { readonly kind: 'chosen'; readonly offer: ChangeOffer | null; readonly nowSeen: readonly ChangedTable[] }
  /** Another method than that of the open stream is better. */
  | { readonly kind: 'better' }
  /** No stream could be opened now. The open one stays: it may itself have taken the last replication slot. */
  | { readonly kind: 'none beside' };

/** Chooses the method by which the changes of a source become known: the best one that the database offers and the setting allows. */
export class MethodChoice {
  readonly #connector: Connector;
  readonly #wanted: WantedMethod;
  readonly #end: EndSignal;
  readonly #reported = new ReportedRows();
  #chosen: ChosenMethod = { method: 'polling', obstacles: [], since: new Date() };
  /** Tables that the method does not report, by key. */
  #unseen: ReadonlyMap<string, ChangedTable> = new Map();
  /** Tables for which the database was asked for offers, by key. */
  #offered: ReadonlySet<string> = new Set();

  constructor(connector: Connector, wanted: WantedMethod, end: EndSignal) {
    this.#connector = connector;
    this.#wanted = wanted;
    this.#end = end;
  }

  get chosen(): ChosenMethod {
    return this.#chosen;
  }

  /** The tables that the method does not report. */
  get unseen(): readonly ChangedTable[] {
    return [...this.#unseen.values()];
  }

  /** Whether a stream by the method contains the changed rows. */
  get reportsRows(): boolean {
    return this.#chosen.method === 'replication' || this.#chosen.method === 'triggers';
  }

  /** Whether the database was asked for offers for a table. */
  isOffered(table: ChangedTable): boolean {
    return this.#offered.has(tableKey(table));
  }

  isUnseen(table: ChangedTable): boolean {
    return this.#unseen.has(tableKey(table));
  }

  /** Chooses the first method without obstacles for the tables. `isFollowing`: a stream by the present method is open. */
  async choose(tables: readonly ChangedTable[], isFollowing: () => boolean): Promise<Choice> {
    const offers = await this.#offersOf(tables);
    const best = offers.find(({ obstacles }) => obstacles.length === 0) ?? null;
    if (isFollowing() && best === null) return { kind: 'none beside' };
    if (isFollowing() && best?.method !== this.#chosen.method) return { kind: 'better' };
    const obstacles = offers
      .slice(0, best ? offers.indexOf(best) : undefined)
      .flatMap((offer) => offer.obstacles);
    const unseen = new Map((best?.unseen ?? tables).map((table) => [tableKey(table), table]));
    const nowSeen = [...this.#unseen].filter(([key]) => !unseen.has(key)).map(([, table]) => table);
    this.#unseen = unseen;
    this.#offered = new Set(tables.map(tableKey));
    this.#reported.offered(best, obstacles, unseen);
    this.#become(best?.method ?? 'polling', obstacles);
    return { kind: 'chosen', offer: best, nowSeen };
  }

  /** Notes that no stream could be opened: until the next attempt everything is polled. */
  failed(reason: string): void {
    this.#become('polling', [...this.#chosen.obstacles, reason]);
  }

  /** See `ReportedRows.check`. */
  check(table: Table, neededOld: readonly Column[]): void {
    this.#reported.check(this.#connector.changes, table, neededOld);
  }

  /** The offers that the setting `changes` of the source allows, best first. */
  async #offersOf(tables: readonly ChangedTable[]): Promise<readonly ChangeOffer[]> {
    const { changes } = this.#connector;
    if (changes === null || this.#wanted === 'polling' || this.#wanted === 'off') return [];
    const offers = await changes.offers(tables, this.#end);
    return offers.filter(({ method }) => this.#wanted === 'auto' || method === this.#wanted);
  }

  #become(method: ChosenMethod['method'], obstacles: readonly string[]): void {
    const since = method === this.#chosen.method ? this.#chosen.since : new Date();
    this.#chosen = { method, obstacles, since };
  }
}
