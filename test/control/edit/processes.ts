import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { FozConfig } from '../../../src/control/index.ts';
import { until } from '../../support/wait.ts';
import { type StoreProcess, startChild } from '../store/processes.ts';

const root = resolve(import.meta.dirname, '../../..');

/** A program that runs Foz, from the sources as they are; without the workers of embedded databases, which are files of their own. */
export async function fozProgram(): Promise<{ readonly file: string; remove(): void }> {
  const file = join(root, 'node_modules/.cache/foz-edit-tests', `child-${process.pid}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    outfile: file,
    tsconfig: join(root, 'tsconfig.json'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
  return { file, remove: () => rmSync(file, { force: true }) };
}

/** Foz in a process of its own. */
export interface FozProcess {
  readonly url: string;
  /** Rejects when it did not end well. */
  end(): Promise<void>;
}

export async function fozProcess(
  program: string,
  config: FozConfig,
  env: NodeJS.ProcessEnv,
): Promise<FozProcess> {
  const child: StoreProcess = startChild(program, [JSON.stringify(config)], { env });
  let ended: Awaited<StoreProcess['ended']> | null = null;
  void child.ended.then((end) => {
    ended = end;
  });
  await until(() => child.told.length > 0 || ended !== null, 60_000);
  if (child.told.length === 0) throw new Error(`Foz did not start: ${JSON.stringify(ended)}`);
  return {
    url: child.told[0] as string,
    async end() {
      child.child.stdin?.end();
      const { code, errors } = await child.ended;
      if (code !== 0) throw new Error(`Foz ended with ${code}: ${errors}`);
    },
  };
}
