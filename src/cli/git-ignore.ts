import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Patterns for `.gitignore`: the state folder (passwords, the master key), files of environment variables, and texts of API keys. */
const secretFiles = ['.foz/', '.env', 'key*.txt'] as const;

/** Lists files with secrets in the `.gitignore` of a folder. Returns a message for the user; `null`: nothing was missing. */
export function keepOutOfGit(folder: string): string | null {
  const file = join(folder, '.gitignore');
  try {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const lines = text.split(/\r?\n/).map((line) => line.trim().replace(/^\//, '').replace(/\/$/, ''));
    const missing = secretFiles.filter((pattern) => !lines.includes(pattern.replace(/\/$/, '')));
    if (missing.length === 0) return null;
    appendFileSync(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
    return `.gitignore keeps ${missing.join(', ')} out of Git: they hold secrets.`;
  } catch (error) {
    const { message } = error as Error;
    return `.gitignore could not be written (${message}): keep ${secretFiles.join(', ')} out of Git, since they hold secrets.`;
  }
}
