import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

/** Another process with the store, built from the current sources. */
export interface StoreProcess {
  readonly child: ChildProcess;
  /** The lines that it has written to stdout, parsed. */
  readonly lines: readonly unknown[];
  /** Resolves with the exit code and the text on stderr. */
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>;
}

/** Bundles a file into a program in a folder where packages are found, without the workers of embedded databases. */
export async function buildChild(entry = join(import.meta.dirname, 'child.ts')): Promise<string> {
  const folder = join(root, 'node_modules/.cache/foz-child-programs', basename(dirname(entry)));
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `child-${process.pid}.mjs`);
  await build({
    entryPoints: [entry],
    outfile,
    tsconfig: join(root, 'tsconfig.json'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
  return outfile;
}

/** Starts the program. */
export function startChild(
  program: string,
  given: readonly string[],
  options: { readonly uid?: number; readonly env?: NodeJS.ProcessEnv } = {},
): StoreProcess {
  const child = spawn(process.execPath, [program, ...given], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...options,
    env: { ...process.env, ...options.env },
  });
  const lines: unknown[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += String(text);
  });
  const ended = new Promise<{ code: number | null; errors: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, errors })),
  );
  return { child, lines, ended };
}
