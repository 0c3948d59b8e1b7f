import { type NamedConfig, storedSources } from '../../store/index.ts';
import type { SourceConfig } from '../../views/index.ts';
import type { FozConfig } from '../config/config.ts';
import type { ControlPlane } from '../plane.ts';
import { type SourceSecrets, secretId, secretNames, withSecrets } from './settings.ts';

/** A source of the store with its secrets. Rejects with FozError when they cannot be decrypted. */
export async function openedSource(
  { secrets }: Pick<ControlPlane, 'secrets'>,
  { name, config }: NamedConfig,
): Promise<SourceConfig> {
  const found: Record<string, string> = {};
  for (const secret of secretNames) {
    const value = await secrets.get(secretId(name, secret));
    if (value !== undefined) found[secret] = value.reveal();
  }
  return withSecrets(config as SourceConfig, found as SourceSecrets);
}

/**
 * The sources that a server would attach: those of the file in its order, then those of the store by name. `only`: restricts the result to
 * the source of this name. Rejects with FozError when the store or a secret in it cannot be read.
 */
export async function sourcesOf(
  { sources }: Pick<FozConfig, 'sources'>,
  plane: ControlPlane | null,
  only?: string,
): Promise<readonly SourceConfig[]> {
  const declared = new Set(sources.map(({ name }) => name));
  const isWanted = ({ name }: { readonly name: string }) => only === undefined || name === only;
  const stored = plane === null ? [] : await plane.store.read((db) => storedSources.list(db));
  const added = stored.filter((one) => isWanted(one) && !declared.has(one.name));
  const opened = added.map((one) => openedSource(plane!, one));
  return [...sources.filter(isWanted), ...(await Promise.all(opened))];
}
