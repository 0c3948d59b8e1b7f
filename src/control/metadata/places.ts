import { dirname, isAbsolute, join } from 'node:path';
import { isFolder, readFolder } from './folder.ts';
import { type Locate, readYaml } from './located-yaml.ts';

/** Returns the places of the metadata of a configuration: in the file itself, or in the file or folder that it names. */
export function metadataPlaces(file: string, environment: NodeJS.ProcessEnv = process.env): Locate {
  const { value, locate } = readYaml(file, environment);
  const inside = (value as { readonly metadata?: unknown } | undefined)?.metadata;
  if (typeof inside !== 'string') return (path, key) => locate(['metadata', ...path], key);
  const place = isAbsolute(inside) ? inside : join(dirname(file), inside);
  return isFolder(place) ? readFolder(place).locate : readYaml(place, environment).locate;
}
