import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engines.ts';
import { home, madeOnce } from '../servers/home.ts';
import { type Content, type Place, type TestEngine, using } from './record.ts';

/** A new folder of this process below the harness's folder; the harness removes it after the process has ended. */
const ownFolder = () => {
  mkdirSync(home('copies'), { recursive: true });
  return mkdtempSync(home('copies', `${process.pid}-`));
};

/** Databases in files, loaded once per engine, catalog and content; `copy` copies a file or folder. */
export function inFiles(
  engine: Engine,
  connect: TestEngine['connect'],
  { copy, shareable }: { readonly copy: (from: string, to: string) => void; readonly shareable: boolean },
): Place {
  const loaded = async ({ catalog, script, print }: Content) => {
    const load = (folder: string) =>
      using(connect, join(folder, catalog), (connection) => connection.execute(script));
    return join(await madeOnce(home('catalogs', `${engine}-${catalog}-${print}`), load), catalog);
  };
  const fresh: Place['fresh'] = async (content, name) => {
    const from = await loaded(content);
    const folder = ownFolder();
    copy(from, join(folder, name));
    const drop = async () => rmSync(folder, { recursive: true, force: true });
    return { location: join(folder, name), drop };
  };
  const shared: Place['shared'] = async (content) =>
    shareable ? { location: await loaded(content), drop: async () => {} } : fresh(content, content.catalog);
  return { shared, fresh };
}
