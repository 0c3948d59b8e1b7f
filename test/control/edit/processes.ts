import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FozConfig } from '../../../src/control/index.ts';
import type { StorePlace } from '../../store/place.ts';
import { buildChild, type StoreProcess, startChild } from '../../store/processes.ts';
import { untilRead } from '../../support/ready.ts';
import { until } from '../../support/wait.ts';

/** Writes a program that runs Foz, for child processes. */
export async function fozProgram(): Promise<{ readonly file: string; remove(): void }> {
  const file = await buildChild(join(import.meta.dirname, 'child.ts'));
  return { file, remove: () => rmSync(file, { force: true }) };
}

/** Foz in a child process. */
export interface FozProcess {
  readonly url: string;
  /** Rejects if the process fails. */
  end(): Promise<void>;
}

/** Starts Foz in a child process, with its own state folder and the store at `place`. */
export function fozOver(
  program: string,
  place: StorePlace,
  state: string,
  config: Pick<FozConfig, 'auth' | 'sources' | 'metadata'>,
): Promise<FozProcess> {
  return fozProcess(
    program,
    {
      state: join(place.folder, state),
      store: { url: place.url! },
      server: { port: 0, graphiql: false },
      ...config,
    },
    { FOZ_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') },
  );
}

async function fozProcess(program: string, config: FozConfig, env: NodeJS.ProcessEnv): Promise<FozProcess> {
  const child: StoreProcess = startChild(program, [JSON.stringify(config)], { env });
  let ended: Awaited<StoreProcess['ended']> | null = null;
  void child.ended.then((end) => {
    ended = end;
  });
  await until(() => child.lines.length > 0 || ended !== null, 60_000);
  if (child.lines.length === 0) throw new Error(`Foz did not start: ${JSON.stringify(ended)}`);
  const url = child.lines[0] as string;
  await untilRead({ url });
  return {
    url,
    async end() {
      child.child.stdin?.end();
      const { code, errors } = await child.ended;
      if (code !== 0) throw new Error(`Foz ended with ${code}: ${errors}`);
    },
  };
}
