import type { Metadata } from '../../../src/catalog/index.ts';
import { applyFolder as apply, metadataTarget } from '../../../src/control/index.ts';
import type { Running } from '../sources/runtime.ts';

export type { Metadata } from '../../../src/catalog/index.ts';
export { writeFolder } from '../../../src/control/index.ts';

/** Applies a metadata folder to a new store over the same sources by `foz metadata apply`. Returns the metadata in that store. */
export async function applyFolder(files: string, state: string, { server }: Running): Promise<Metadata> {
  const target = await metadataTarget({ state }, {});
  const check = async (metadata: Metadata) => server.attached.graphs.resolve(metadata).issues;
  await apply(target, files, { check, dryRun: false });
  const { metadata } = await target.read();
  await target.close();
  return metadata;
}
