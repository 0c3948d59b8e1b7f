import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const schemaFile = join('schema', 'foz.schema.json');

/** The first line of a configuration file in a folder: editors find the JSON Schema of the installed Foz by it. */
export function schemaComment(folder: string): string {
  const path = relative(folder, join(installedAt(import.meta.dirname), schemaFile)).replaceAll('\\', '/');
  return `# yaml-language-server: $schema=${path.startsWith('.') ? path : `./${path}`}\n`;
}

/** The folder of the package, which is above that of its code. */
function installedAt(folder: string): string {
  const above = dirname(folder);
  return existsSync(join(folder, schemaFile)) || above === folder ? folder : installedAt(above);
}
