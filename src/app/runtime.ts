import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ControlPlane,
  type FozConfig,
  LiveMetadata,
  LiveNames,
  namesKeeperOf,
  RuntimeSettings,
  RuntimeSources,
  type RuntimeSourcesOptions,
  UnlistedOperations,
} from '../control/index.ts';
import type { StoreLog } from '../store/index.ts';
import type { Graphs, SourceRegistry } from '../views/index.ts';
import type { Authentication } from './authentication.ts';

/**
 * Milliseconds that a start waits for the store, and for the sources and metadata in it. An embedded store is not down: it opens or fails,
 * though opening it may take long on a busy machine.
 */
const patienceMs = { pglite: 120_000, postgres: 10_000 } as const;

export interface RuntimeOptions {
  readonly config: FozConfig;
  readonly registry: SourceRegistry;
  readonly graphs: Graphs;
  readonly plane: ControlPlane | null;
  readonly authentication: Pick<Authentication, 'use'>;
  readonly connect: RuntimeSourcesOptions['connect'];
  readonly log: StoreLog;
  /** Whether new names are written to the store or the names file; a command only reads them. Default: they are. */
  readonly names?: 'reads' | 'writes';
}

/** The parts that can be changed while Foz runs. */
export interface Runtime {
  readonly sources: RuntimeSources;
  readonly metadata: LiveMetadata;
  readonly settings: RuntimeSettings;
  readonly names: LiveNames;
  readonly unlisted: UnlistedOperations;
  /** Parts of the store that were not read yet, such as `settings`. A part that was read stays known while the store is down. */
  readonly unread: readonly string[];
  /** Resolves when all parts of the store were read. */
  whenRead(): Promise<void>;
  close(): void;
}

/** Loads sources, metadata, settings and names from the store and follows changes. Waits for a store that does not answer for a limited time. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { config, registry, graphs, plane, authentication, connect, log } = options;
  const files = config.control?.files ?? null;
  const sources = new RuntimeSources({ registry, plane, connect, files, log });
  const metadata = new LiveMetadata({ registry, graphs, plane, config, log });
  const settings = new RuntimeSettings({
    config,
    plane,
    log,
    apply(now) {
      graphs.useConfig(now.config);
      graphs.useLimits(now.limits, now.allowLists);
      authentication.use(now);
      plane?.useAudit(now.config.audit);
    },
  });
  const unlisted = new UnlistedOperations();
  graphs.onUnlisted((found) => {
    const { document: _, ...fields } = found;
    if (unlisted.add(found)) log.warn(fields, 'operation is not on the allow-list');
  });
  const patience = sleep(patienceMs[plane?.store.kind ?? 'postgres'], undefined, { ref: false });
  await Promise.race([Promise.all([sources.start(), settings.start()]), patience]);
  await Promise.race([metadata.start(), patience]);
  const isReady = () => sources.isRead && metadata.isRead;
  const names = new LiveNames({ graphs, keeper: namesKeeperOf(config, plane), plane, isReady, log });
  await Promise.race([names.start(options.names), patience]);
  return {
    sources,
    metadata,
    settings,
    names,
    unlisted,
    get unread() {
      return Object.entries({ sources, settings, metadata, names }).flatMap(([name, { isRead }]) =>
        isRead ? [] : [name],
      );
    },
    async whenRead() {
      await Promise.all([sources, settings, metadata, names].map((part) => part.whenRead()));
    },
    close() {
      for (const part of [sources, metadata, settings, names]) part.close();
    },
  };
}
