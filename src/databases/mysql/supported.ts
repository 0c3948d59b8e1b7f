import { FozError } from '../../core/index.ts';

/** The kind of server that a source is configured for. */
export type Engine = 'mysql' | 'mariadb';

/** The oldest versions that have the needed SQL features, and the oldest versions that are tested. */
const versions = {
  mysql: { label: 'MySQL', oldest: [8, 0, 19], tested: [9, 0, 0] },
  mariadb: { label: 'MariaDB', oldest: [10, 11, 0], tested: [10, 11, 0] },
} as const satisfies Record<Engine, unknown>;

/** Throws FozError `unavailable` for a server of the other kind or a version that is too old. The message names the found and the needed one. */
export function refuseServer(engine: Engine, version: string): void {
  const found: Engine = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
  const { label, oldest } = versions[engine];
  const there = `${versions[found].label} ${version.split('-')[0]}`;
  if (found !== engine)
    throw unsuitable(
      `The server is ${there}, but the source is of kind ${engine}: its kind must be ${found}.`,
    );
  if (isBefore(version, oldest))
    throw unsuitable(
      `The server is ${there}, which is too old: Foz needs ${label} ${oldest.join('.')} or later.`,
    );
}

/** A warning about a version that works but is older than the tested ones; `null`: it is a tested one. */
export function untested(engine: Engine, version: string): string | null {
  const { label, tested } = versions[engine];
  return isBefore(version, tested)
    ? `the server is ${label} ${version.split('-')[0]}; Foz is tested with ${tested[0]}.${tested[1]} and later`
    : null;
}

function unsuitable(message: string): FozError {
  return new FozError('unavailable', message);
}

function isBefore(version: string, [major, minor, patch]: readonly [number, number, number]): boolean {
  const [a = 0, b = 0, c = 0] = version.split(/[.-]/).map(Number);
  return a !== major ? a < major : b !== minor ? b < minor : c < patch;
}
