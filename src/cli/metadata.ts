import type { CatalogIssue, Metadata } from '../catalog/index.ts';
import {
  allIssues,
  applyFolder,
  diffFolder,
  type FozConfig,
  loadConfig,
  type MetadataChange,
  type MetadataTarget,
  metadataTarget,
  writeFolder,
} from '../control/index.ts';
import { counted, FozError } from '../core/index.ts';
import type { Store } from '../store/index.ts';
import { attachStored } from './attach-stored.ts';
import { type EndpointOptions, type RunningFoz, runningFoz } from './endpoint.ts';

interface Options extends EndpointOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** Returns all problems of metadata with the current schemas of the sources. */
type Check = (metadata: Metadata) => Promise<readonly CatalogIssue[]>;

/** `foz metadata export`: writes the stored metadata into a folder. */
export async function exportMetadata(folder: string, options: Options): Promise<void> {
  await withTarget(options, async (target) => {
    const { version, metadata } = await target.read();
    const { written, removed, unchanged } = writeFolder(folder, metadata);
    if (options.json === true)
      return console.log(JSON.stringify({ version, written, removed, unchanged }, null, 2));
    for (const path of written) console.log(`+ ${path}`);
    for (const path of removed) console.log(`- ${path}`);
    console.log(
      `${folder} has the metadata of ${target.name}, version ${version}: ${counted(written.length, 'file')} written, ${removed.length} removed, ${unchanged.length} as they were.`,
    );
  });
}

/** `foz metadata diff`: prints what applying a folder would change; exit code 1 when there are changes. */
export async function diffMetadataFolder(folder: string, options: Options): Promise<void> {
  await withTarget(options, async (target) => {
    const { version, changes } = await diffFolder(target, folder);
    if (changes.length > 0) process.exitCode = 1;
    if (options.json === true) return console.log(JSON.stringify({ version, changes }, null, 2));
    printChanges(changes);
    console.log(
      changes.length === 0
        ? `${folder} and ${target.name} (version ${version}) say the same.`
        : `${counted(changes.length, 'change')} against ${target.name}, version ${version}.`,
    );
  });
}

/** `foz metadata apply`: replaces the stored metadata by that of a folder, all or nothing. */
export async function applyMetadataFolder(
  folder: string,
  options: Options & { readonly dryRun?: boolean; readonly expect?: string },
): Promise<void> {
  await withTarget(options, async (target, check) => {
    const dryRun = options.dryRun === true;
    const expected = versionOf(options.expect);
    const { version, changes, applied, notes } = await applyFolder(target, folder, {
      check,
      dryRun,
      expected,
    });
    if (options.json === true)
      return console.log(JSON.stringify({ applied, version, changes, notes }, null, 2));
    printChanges(changes);
    for (const { where, reason } of notes) console.log(`note: ${where}: ${reason}`);
    if (changes.length === 0) console.log(`Nothing to change: ${target.name} is at version ${version}.`);
    else if (applied)
      console.log(`${counted(changes.length, 'change')} applied: ${target.name} is at version ${version}.`);
    else console.log(`${counted(changes.length, 'change')} would be applied on top of version ${version}.`);
  });
}

async function withTarget(
  options: Options,
  run: (target: MetadataTarget, check: Check) => Promise<void>,
): Promise<void> {
  const foz = runningFoz(options);
  if (foz !== null) return run(targetOf(foz), (metadata) => issuesAt(foz, metadata));
  const config = loadConfig(options.config);
  const target = await metadataTarget(config);
  try {
    await run(target, async (metadata) => issuesOf(config, metadata, await target.store()));
  } finally {
    await target.close();
  }
}

/** The metadata of a running server as a target. */
function targetOf(foz: RunningFoz): MetadataTarget {
  return {
    name: `the Foz at ${foz.url}`,
    async read() {
      const { metadata } = await foz.query<{ metadata: { resourceVersion: number; document: Metadata } }>(
        '{ metadata { resourceVersion document } }',
      );
      return { version: metadata.resourceVersion, metadata: metadata.document };
    },
    async write(expected, document) {
      const { replaceMetadata } = await foz.query<{ replaceMetadata: { resourceVersion: number } }>(
        'mutation ($document: JSON!, $expected: SafeInt!) { replaceMetadata(document: $document, expectedVersion: $expected) { resourceVersion } }',
        { document, expected },
      );
      return replaceMetadata.resourceVersion;
    },
    store: async () => null,
    close: async () => {},
  };
}

/** The problems that metadata would cause on a running server. It takes no metadata without the relationships that a check has left out. */
async function issuesAt(foz: RunningFoz, document: Metadata): Promise<readonly CatalogIssue[]> {
  if (document.tables.some(({ lost_relationships: lost }) => lost !== undefined)) return [];
  const { replaceMetadata } = await foz.query<{ replaceMetadata: { causes: CatalogIssue[] } }>(
    'mutation ($document: JSON!) { replaceMetadata(document: $document, dryRun: true) { causes { severity where reason topic } } }',
    { document },
  );
  return replaceMetadata.causes;
}

/** The problems of metadata with the current schemas of the sources. It cannot be checked where a source was never read. */
async function issuesOf(
  config: FozConfig,
  metadata: Metadata,
  store: Store | null,
): Promise<readonly CatalogIssue[]> {
  const attached = await attachStored({ ...config, metadata }, store === null ? {} : { open: store });
  const unknown = attached.registry.sources.flatMap(({ name, facts, status }): CatalogIssue[] => {
    if (facts !== null) return [];
    const why = status.state === 'unavailable' ? status.reason : 'it was never read';
    const reason = `what is said about its tables cannot be checked: ${why}`;
    return [{ severity: 'error', where: `source ${name}`, reason }];
  });
  const issues = allIssues(attached.graphs);
  await attached.close();
  return [...unknown, ...issues];
}

function versionOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new FozError('validation-failed', `--expect needs the number of a version, not "${text}".`);
}

const marks = { added: '+', removed: '-', changed: '~' } as const;

function printChanges(changes: readonly MetadataChange[]): void {
  let last = '';
  for (const { change, where, text } of changes) {
    if (where !== last) console.log(where);
    last = where;
    console.log(`  ${marks[change]} ${text}`);
  }
}
