import type { CatalogIssue, SourceFacts } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { ChangedTable, ChangeOffer, Connector, LeftOver } from '../../plan/index.ts';
import { type AttachedSource, type ChangeSetting, changesOf, type SourceConfig } from '../../views/index.ts';

/** Milliseconds that a database may take to say how it can be followed. */
const patienceMs = 60_000;

/** How a database can be followed, and how it is to be. */
export interface Following {
  /** The setting of the source. */
  readonly wanted: ChangeSetting;
  /** The method that is used; `polling`: watched queries run once a second. */
  readonly method: ChangeOffer['method'] | 'polling' | 'off';
  /** Why the wanted method, or a better one, is not used. */
  readonly obstacles: readonly string[];
  /** What may become a trouble of the database. */
  readonly warnings: readonly string[];
  /** All methods of the engine, best first. */
  readonly offers: readonly ChangeOffer[];
  /** Tables of which not every change is reported by the method. */
  readonly unseen: readonly ChangedTable[];
  readonly gaps: ChangeOffer['gaps'];
  readonly tables: number;
  readonly leftOvers: readonly LeftOver[];
}

/** How a database can be followed now. Rejects with FozError `unavailable`. */
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

/** The issue of a source that is not followed by the method that its settings ask for; `null`: it is, or they ask for none. */
export function followingIssue(name: string, { wanted, method, obstacles }: Following): CatalogIssue | null {
  if (wanted === 'auto' || wanted === method) return null;
  const why = obstacles.length === 0 ? 'The database offers no such method.' : obstacles.join(' ');
  return {
    severity: 'error',
    where: `${name}.changes`,
    reason: `is to be followed by ${wanted} and is asked again each second: ${why} See "foz changes setup ${name} --method ${wanted}".`,
  };
}

/** Issues of the sources whose settings ask for a method. A source that cannot be asked has none: it has another issue. */
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
