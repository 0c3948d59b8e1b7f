import { type Metadata, noMetadata } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { FozConfig } from '../config.ts';
import { isFolder } from './folder.ts';

/** Metadata, and the number of its version: 0 where none was ever written. */
export interface VersionedMetadata {
  readonly version: number;
  readonly metadata: Metadata;
}

/** Where metadata is kept. */
export interface MetadataTarget {
  /** What it is, for messages: `the store in .foz/store` */
  readonly name: string;
  read(): Promise<VersionedMetadata>;
  /** Returns the new version. Rejects with FozError `conflict` when somebody wrote since version `expected`. */
  write(expected: number, metadata: Metadata): Promise<number>;
  close(): Promise<void>;
}

/**
 * Where a configuration keeps metadata: in itself when it has a part `metadata`, else in the store, which is at `store.url`, FOZ_STORE_URL or
 * in the state folder. Only writing makes an embedded store that is not there.
 */
export async function metadataTarget(
  config: Pick<FozConfig, 'metadata' | 'state' | 'store'>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<MetadataTarget> {
  if (config.metadata !== undefined) return ownMetadata(config.metadata);
  return storedMetadata(
    config.store?.url ?? environment.FOZ_STORE_URL,
    config.state ?? '.foz',
    environment.USER ?? null,
  );
}

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
    close: async () => {},
  };
}

async function storedMetadata(
  url: string | undefined,
  folder: string,
  user: string | null,
): Promise<MetadataTarget> {
  const { openStore } = await import('../store/store.ts');
  const { embeddedFolder } = await import('../store/place.ts');
  const store = openStore({ url, folder });
  return {
    name: `the store ${store.place}`,
    async read() {
      if (url === undefined && !isFolder(embeddedFolder(folder))) return { version: 0, metadata: noMetadata };
      const { version, metadata } = await store.readMetadata();
      return { version, metadata: (metadata ?? noMetadata) as Metadata };
    },
    write: (expected, metadata) =>
      store.writeMetadata(expected, metadata, { kind: 'command', id: user, role: null }),
    close: () => store.close(),
  };
}
