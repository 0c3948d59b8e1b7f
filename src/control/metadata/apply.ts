import type { CatalogIssue, Metadata } from '../../catalog/index.ts';
import { FozError, FozErrors } from '../../core/index.ts';
import { ConfigError } from '../config/config.ts';
import { diffMetadata, type MetadataChange } from './diff-metadata.ts';
import { isFolder, readFolder } from './folder.ts';
import type { MetadataTarget } from './target.ts';

/** The metadata of a folder. Throws FozError `not-found` for a missing folder, ConfigError with all of its problems. */
export function folderMetadata(folder: string): Metadata {
  if (!isFolder(folder))
    throw new FozError('not-found', `There is no folder ${folder}: make one with "foz metadata export".`);
  const { metadata, problems } = readFolder(folder);
  if (metadata === undefined) throw new ConfigError(problems);
  return metadata;
}

/** The differences between a target and a folder. */
export interface FolderDiff {
  /** The version of the target that was compared. */
  readonly version: number;
  readonly metadata: Metadata;
  readonly changes: readonly MetadataChange[];
}

/** The changes that applying the folder would make. Rejects as `folderMetadata` throws. */
export async function diffFolder(target: MetadataTarget, folder: string): Promise<FolderDiff> {
  const metadata = folderMetadata(folder);
  const now = await target.read();
  return { version: now.version, metadata, changes: diffMetadata(now.metadata, metadata) };
}

export interface ApplyOptions {
  /** Returns all problems of the metadata with the current schemas of the sources. */
  readonly check: (metadata: Metadata) => Promise<readonly CatalogIssue[]>;
  readonly dryRun: boolean;
  /** The version that the folder is based on; absent: the newest. */
  readonly expected?: number;
}

/** The result. `version`: the new version, or the unchanged one where there was no difference. */
export interface AppliedFolder extends FolderDiff {
  readonly applied: boolean;
  readonly notes: readonly CatalogIssue[];
}

/**
 * Replaces the target's metadata by that of the folder, all or nothing. Rejects with ConfigError or FozErrors with all problems, and with
 * FozError `conflict` when another process has written since.
 */
export async function applyFolder(
  target: MetadataTarget,
  folder: string,
  { check, dryRun, expected }: ApplyOptions,
): Promise<AppliedFolder> {
  const diff = await diffFolder(target, folder);
  if (expected !== undefined && expected !== diff.version)
    throw new FozError(
      'conflict',
      `The metadata is at version ${diff.version}, not at ${expected} as expected: look at "foz metadata diff", then apply on top of it.`,
      { details: { expected, current: diff.version } },
    );
  const issues = await check(diff.metadata);
  const errors = issues.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw new FozErrors(
      errors.map(({ where, reason }) => new FozError('validation-failed', `${where}: ${reason}`)),
    );
  const notes = issues.filter(({ severity }) => severity === 'note');
  if (dryRun || diff.changes.length === 0) return { ...diff, applied: false, notes };
  return { ...diff, version: await target.write(diff.version, diff.metadata), applied: true, notes };
}
