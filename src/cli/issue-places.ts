import type { CatalogIssue } from '../catalog/index.ts';
import {
  type ConfigIssue,
  type ConfigProblem,
  type FozConfig,
  metadataPlaces,
  type ReadConfig,
} from '../control/index.ts';
import type { Graphs } from '../views/index.ts';

/** The place of an issue in a file; empty: the issue is not about the content of a file. */
export type Place = Partial<Pick<ConfigProblem, 'file' | 'line' | 'column'>>;

/** A problem of the graph, or of the configuration. */
export type FoundIssue = CatalogIssue & Partial<Pick<ConfigIssue, 'inConfig'>>;

/** Finds the place of an issue in the configuration file or in the files of the metadata. Metadata in the store has none. */
export function issuePlaces(
  file: string,
  read: ReadConfig,
  config: FozConfig,
  { metadata }: Pick<Graphs, 'metadata'>,
): (issue: FoundIssue) => Place {
  const inMetadata = metadata === config.metadata ? metadataPlaces(file) : () => ({});
  return ({ path, inConfig, topic, where }) => {
    if (path !== undefined) return inMetadata(read.pathInMetadata(path));
    if (inConfig !== undefined) return read.placeOf(inConfig);
    return topic === 'names' ? sourcePlace(where, config, read) : {};
  };
}

/** The place of the source of an issue about names, which the source's `customization` can change. */
export function sourcePlace(
  where: string,
  { sources }: FozConfig,
  { placeOf }: Pick<ReadConfig, 'placeOf'>,
): Place {
  const at = sources.findIndex(({ name }) => where === name || where.startsWith(`${name}.`));
  if (at < 0) return {};
  const { file, line, column } = placeOf(['sources', at]);
  return { file, line, column };
}

/** `foz.yaml:12:9  `, which editors and terminals turn into a link. */
export function placeText({ file, line, column }: Place): string {
  return file === undefined ? '' : `${file}:${line}:${column}  `;
}
