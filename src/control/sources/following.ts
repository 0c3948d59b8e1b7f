import type { CatalogIssue, SourceFacts } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { ChangedTable, ChangeOffer, Connector, LeftOver } from '../../plan/index.ts';
import { type AttachedSource, type ChangeSetting, changesOf, type SourceConfig } from '../../views/index.ts';

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

/** Asks a database for its methods. Rejects with FozError `unavailable`. */
export async function followingOf(
  config: SourceConfig,
  { changes }: Pick<Connector, 'changes'>,
  facts: Pick<SourceFacts, 'tables'>,
): Promise<Following> {
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
    leftOvers: (await changes?.leftOvers(AbortSignal.timeout(patienceMs))) ?? [],
  };
}

/** The issue of a source whose setting `changes` names a method that cannot be used; `null`: there is none. */
export function followingIssue(name: string, { wanted, method, obstacles }: Following): CatalogIssue | null {
  if (wanted === 'auto' || wanted === method) return null;
  const why = obstacles.length === 0 ? 'The database offers no such method.' : obstacles.join(' ');
  return {
    severity: 'error',
    where: `${name}.changes`,
    reason: `is set to ${wanted} and is polled each second: ${why} See "foz changes setup ${name} --method ${wanted}".`,
  };
}

/** Issues of the sources whose setting `changes` names a method. An unavailable source has another issue instead. */
export async function followingIssues(
  sources: readonly Pick<AttachedSource, 'name' | 'config' | 'connector' | 'facts'>[],
): Promise<readonly CatalogIssue[]> {
  const found = await Promise.all(
    sources.map(async ({ name, config, connector, facts }) => {
      if (facts === null || ['auto', 'polling', 'off'].includes(changesOf(config).method)) return null;
      try {
        return followingIssue(name, await followingOf(config, connector, facts));
      } catch (error) {
        if (error instanceof FozError) return null;
        throw error;
      }
    }),
  );
  return found.filter((issue) => issue !== null);
}
