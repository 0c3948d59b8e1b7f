import { ConfigError, withSourceLines } from '../control/index.ts';
import { FozError, FozErrors } from '../core/index.ts';
import { StoreTaken } from '../store/index.ts';
import { storeInUseHint } from './store-in-use-hint.ts';

/** The text of an error for a terminal; with a stack only for an unexpected error. */
export function messageOf(error: unknown): string {
  if (error instanceof ConfigError || error instanceof FozErrors) return error.message;
  if (error instanceof StoreTaken) return `${error.fact} ${storeInUseHint()}`;
  if (error instanceof FozError)
    return error.internal === undefined ? error.message : `${error.message}\n  ${error.internal}`;
  const known = systemMessage(error as NodeJS.ErrnoException);
  if (known !== null) return known;
  return error instanceof Error ? withSourceLines(error.stack ?? error.message) : String(error);
}

/** Why a port cannot be opened, by Node's error code. */
const listenErrors: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use: stop the other program, or choose another with --port',
  EACCES: 'is kept for root: choose one from 1024 on with --port',
  EADDRNOTAVAIL: 'cannot be opened: this machine does not have that address ("server.host")',
  ENOTFOUND: 'cannot be opened: no address is known for that name ("server.host")',
};

/** Why a file or folder cannot be used, by Node's error code. */
const fileErrors: Readonly<Record<string, string>> = {
  ENOENT: 'it, or the folder it is to be in, does not exist',
  EACCES: 'this user has no right to',
  EPERM: 'this user has no right to',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'something else is there already',
  EISDIR: 'it is a folder, not a file',
  EMFILE: 'this process has too many files open',
};

const verbs: Readonly<Record<string, string>> = { open: 'opened', mkdir: 'made', write: 'written' };

/** The text of an operating-system error that the user can do something about; `null` for any other error. */
function systemMessage(
  error: NodeJS.ErrnoException & { port?: number; address?: string; hostname?: string },
): string | null {
  const { code = '', syscall = '', path, port, hostname } = error;
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    const reason = Object.hasOwn(listenErrors, code) ? listenErrors[code] : undefined;
    const place = [port === undefined ? 'The port' : `Port ${port}`, error.address ?? hostname];
    return reason === undefined ? null : `${place.filter(Boolean).join(' of ')} ${reason}.`;
  }
  if (path === undefined || !Object.hasOwn(fileErrors, code)) return null;
  return `${path} cannot be ${verbs[syscall] ?? 'used'}: ${fileErrors[code]}.`;
}

/** A file name for a command line, quoted where the shell needs it. */
export function printedName(name: string): string {
  return /^[\w./@%+=:,-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

/** Prints rows as aligned columns; the first row has the headings. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    );
}
