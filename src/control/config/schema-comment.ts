import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const schemaFile = join('schema', 'foz.schema.json');

/**
 * The first line of a YAML file in a folder: editors find the JSON Schema of the installed Foz by it. `definition`: the part of the schema
 * that the file follows; default: all of it, as `foz.yaml` does.
 */
export function schemaComment(folder: string, definition?: string): string {
  const schema = join(installedAt(import.meta.dirname), schemaFile);
  const path = relative(resolve(folder), schema).replaceAll('\\', '/');
  const fragment = definition === undefined ? '' : `#/$defs/${definition}`;
  return `# yaml-language-server: $schema=${path.startsWith('.') ? path : `./${path}`}${fragment}\n`;
}

/** The folder of the package, which is above that of its code. */
function installedAt(folder: string): string {
  const above = dirname(folder);
  return existsSync(join(folder, 'package.json')) || above === folder ? folder : installedAt(above);
}
