import type { CatalogIssue, SourceFacts } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { ChangedTable, ChangeOffer, Connector, LeftOver } from '../../plan/index.ts';
import { TriggerStore } from '../../store/index.ts';
import { type AttachedSource, type ChangeSetting, changesOf, type SourceConfig } from '../../views/index.ts';
import type { ControlPlane } from '../plane.ts';

/** Milliseconds that a database may take to answer which methods it offers. */
const patienceMs = 60_000;

/** The method by which a source is followed, and the methods that its database offers. */
export interface Following {
  /** The setting of the source. */
  readonly wanted: ChangeSetting;
  /** The method that is used; `polling`: watched queries run once a second. */
  readonly method: ChangeOffer['method'] | 'polling' | 'off';
  /** The reasons why the wanted method, or a better one, is not used. */
  readonly obstacles: readonly string[];
  /** Risks for the database (see `ChangeOffer.warnings`). */
  readonly warnings: readonly string[];
  /** All methods of the engine, best first. */
  readonly offers: readonly ChangeOffer[];
  /** Tables for which the method does not report every change. */
  readonly unseen: readonly ChangedTable[];
  readonly gaps: ChangeOffer['gaps'];
  readonly tables: number;
  readonly leftOvers: readonly LeftOver[];
}

type Followed = Pick<AttachedSource, 'name' | 'config' | 'connector' | 'facts'>;

/** Asks a database for its methods. `reader`: the durable reader of its event triggers; `null`: there is none. Rejects with FozError `unavailable`. */
export async function followingOf(
  config: SourceConfig,
  connector: Pick<Connector, 'changes'>,
  facts: Pick<SourceFacts, 'tables'>,
  reader: string | null = null,
): Promise<Following> {
  const chosen = await chosenOf(config, connector, facts);
  return { ...chosen, leftOvers: await leftOversOf(connector, reader) };
}

/** The objects that following has created in a database. The slot of event triggers is needed also while no process reads it. */
export async function leftOversOf(
  { changes }: Pick<Connector, 'changes'>,
  reader: string | null,
): Promise<readonly LeftOver[]> {
  const found = (await changes?.leftOvers(AbortSignal.timeout(patienceMs))) ?? [];
  return found.map((one) =>
    one.kind === 'slot' && reader !== null && one.name === reader
      ? {
          ...one,
          what: `${one.what}. Event triggers need it: without it they miss what changes while Foz is down`,
          isIdle: false,
        }
      : one,
  );
}

/** The name of the durable reader of a source's event triggers; `null`: there is none, or no store. */
export async function triggerReaderOf(
  plane: Pick<ControlPlane, 'store'> | null,
  source: string,
): Promise<string | null> {
  return plane === null ? null : new TriggerStore(plane.store).reader(source);
}

/** As `followingOf`, for several sources by their names. A source whose database does not answer is left out. */
export async function followingsOf(
  sources: readonly Followed[],
  plane: Pick<ControlPlane, 'store'> | null,
): Promise<ReadonlyMap<string, Following>> {
  return new Map(
    await each(sources, async ({ name, config, connector }, facts) => [
      name,
      await followingOf(config, connector, facts, await triggerReaderOf(plane, name)),
    ]),
  );
}

/** The method that is used among those that the database offers. */
async function chosenOf(
  config: SourceConfig,
  { changes }: Pick<Connector, 'changes'>,
  facts: Pick<SourceFacts, 'tables'>,
): Promise<Omit<Following, 'leftOvers'>> {
  const { method: wanted } = changesOf(config);
  const tables = facts.tables
    .filter(({ kind }) => kind === 'table' || kind === 'partitioned table')
    .map(({ namespace, name }): ChangedTable => ({ namespace, name }));
  const offers = (await changes?.offers(tables, AbortSignal.timeout(patienceMs))) ?? [];
  const taken = wanted === 'auto' ? offers : offers.filter(({ method }) => method === wanted);
  const used = taken.find(({ obstacles }) => obstacles.length === 0);
  const best = used ?? taken[0];
  return {
    wanted,
    method: used?.method ?? (wanted === 'off' ? 'off' : 'polling'),
    obstacles: taken.slice(0, used && taken.indexOf(used)).flatMap(({ obstacles }) => obstacles),
    warnings: best?.warnings ?? [],
    offers,
    unseen: used?.unseen ?? [],
    gaps: best?.gaps ?? [],
    tables: tables.length,
  };
}

/** The issue of a source whose setting `changes` names a method that cannot be used; `null`: there is none. */
export function followingIssue(
  name: string,
  { wanted, method, obstacles }: Omit<Following, 'leftOvers'>,
): CatalogIssue | null {
  if (wanted === 'auto' || wanted === method) return null;
  const why = obstacles.length === 0 ? 'The database offers no such method.' : obstacles.join(' ');
  return {
    severity: 'error',
    where: `${name}.changes`,
    reason: `is set to ${wanted} and is polled each second: ${why} See "foz changes setup ${name} --method ${wanted}".`,
  };
}

/** Issues of the sources whose setting `changes` names a method. An unavailable source has another issue instead. */
export async function followingIssues(sources: readonly Followed[]): Promise<readonly CatalogIssue[]> {
  const asking = sources.filter(
    ({ config }) => !['auto', 'polling', 'off'].includes(changesOf(config).method),
  );
  const found = await each(asking, async ({ name, config, connector }, facts) =>
    followingIssue(name, await chosenOf(config, connector, facts)),
  );
  return found.filter((issue) => issue !== null);
}

/** The results of the sources whose databases answer. */
async function each<T>(
  sources: readonly Followed[],
  ask: (source: Followed, facts: SourceFacts) => Promise<T>,
): Promise<readonly T[]> {
  const found = await Promise.all(
    sources.map(async (source) => {
      try {
        return source.facts === null ? [] : [await ask(source, source.facts)];
      } catch (error) {
        if (error instanceof FozError) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}
