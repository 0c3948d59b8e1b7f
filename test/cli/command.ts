import { execFile } from 'node:child_process';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../bin/foz.js');

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command in a folder, without the store of the surrounding environment. `more`: further environment variables. */
export function command(
  folder: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { FOZ_STORE_URL: _, FOZ_MASTER_KEY: _key, ...rest } = process.env;
  const env = { ...rest, NODE_OPTIONS: '', ...more };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], { cwd: folder, env }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}
