import { type Metadata, noMetadata } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { AuditLog, keyRing, openStore, Secrets, type Store, storeExists } from '../../store/index.ts';
import type { FozConfig } from '../config/config.ts';
import { hasAuditLog } from '../plane.ts';
import { beforeAndAfter, diffMetadata } from './diff-metadata.ts';

/** Metadata with its version; 0: never written. */
export interface VersionedMetadata {
  readonly version: number;
  readonly metadata: Metadata;
}

/** A storage of metadata. */
export interface MetadataTarget {
  /** The storage, for messages: `the store in .foz/store` */
  readonly name: string;
  read(): Promise<VersionedMetadata>;
  /** Returns the new version. Rejects with FozError `conflict` when the version is no longer `expected`. */
  write(expected: number, metadata: Metadata): Promise<number>;
  /** The store, created if necessary; `null`: the metadata is stored elsewhere. */
  store(): Promise<Store | null>;
  close(): Promise<void>;
}

/**
 * The storage of a configuration's metadata: the configuration itself if it has a part `metadata`, else the store, at `store.url`,
 * FOZ_STORE_URL or in the state folder. A missing embedded store is only created by a write.
 */
export async function metadataTarget(
  config: MetadataConfig,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<MetadataTarget> {
  if (config.metadata !== undefined) return ownMetadata(config.metadata);
  return storedMetadata(config, environment);
}

type MetadataConfig = Pick<FozConfig, 'metadata' | 'state' | 'store' | 'auth' | 'audit'>;

function ownMetadata(metadata: Metadata): MetadataTarget {
  return {
    name: 'the configuration',
    read: async () => ({ version: 0, metadata }),
    write: () =>
      Promise.reject(
        new FozError(
          'not-supported',
          'The configuration holds the metadata itself: change it there, or take the part "metadata" out of it so that the store keeps the metadata.',
        ),
      ),
    store: async () => null,
    close: async () => {},
  };
}

async function storedMetadata(
  config: MetadataConfig,
  environment: NodeJS.ProcessEnv,
): Promise<MetadataTarget> {
  const folder = config.state ?? '.foz';
  const url = (config.store?.url ?? environment.FOZ_STORE_URL) || undefined;
  const store = openStore({ url, folder });
  const read = async () => {
    if (!storeExists(url, folder)) return { version: 0, metadata: noMetadata };
    const { version, metadata } = await store.readMetadata();
    return { version, metadata: (metadata ?? noMetadata) as Metadata };
  };
  return {
    name: `the store ${store.place}`,
    read,
    async write(expected, metadata) {
      const changes = diffMetadata((await read()).metadata, metadata);
      const actor = { kind: 'command', id: environment.USER ?? null, role: null } as const;
      const audit = hasAuditLog(config, url) ? await auditOver(store, config, environment) : null;
      try {
        return await store.writeMetadata(expected, metadata, actor, undefined, async (transaction, version) =>
          audit?.changedWithin(transaction, {
            actor,
            operation: 'metadata.apply',
            ...beforeAndAfter(changes, expected, version),
          }),
        );
      } finally {
        await audit?.close();
      }
    },
    store: async () => (storeExists(url, folder) ? store : null),
    close: () => store.close(),
  };
}

/** The audit log of a store, with the master key that signs it. Rejects with FozError for another key. */
async function auditOver(
  store: Store,
  { state = '.foz' }: MetadataConfig,
  environment: NodeJS.ProcessEnv,
): Promise<AuditLog> {
  await store.open();
  const secrets = new Secrets(store, keyRing(state, environment));
  await secrets.checkKey();
  return new AuditLog({ store, secrets, folder: state });
}
