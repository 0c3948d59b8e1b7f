import type { CatalogIssue, Metadata } from '../../catalog/index.ts';
import { FozError, FozErrors } from '../../core/index.ts';
import { ConfigError } from '../config/config.ts';
import { diffMetadata, type MetadataChange } from './diff-metadata.ts';
import { isFolder, type ReadFolder, readFolder } from './folder.ts';
import type { Locate } from './located-yaml.ts';
import type { MetadataTarget } from './target.ts';

/** Reads a folder. Throws FozError `not-found` for a missing one. */
function existingFolder(folder: string): ReadFolder {
  if (isFolder(folder)) return readFolder(folder);
  throw new FozError('not-found', `There is no folder ${folder}: make one with "foz metadata export".`);
}

/** The differences between a target and a folder. */
export interface FolderDiff {
  /** The version of the target that was compared. */
  readonly version: number;
  readonly metadata: Metadata;
  readonly changes: readonly MetadataChange[];
}

/** The changes that applying the folder would make. Rejects with FozError `not-found`, and ConfigError with all faults of form. */
export async function diffFolder(target: MetadataTarget, folder: string): Promise<FolderDiff> {
  const { metadata, problems } = existingFolder(folder);
  if (metadata === undefined) throw new ConfigError(problems);
  return diffOf(target, metadata);
}

async function diffOf(target: MetadataTarget, metadata: Metadata): Promise<FolderDiff> {
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
  const read = existingFolder(folder);
  if (read.metadata === undefined) throw await faultsOf(read, check);
  const diff = await diffOf(target, read.metadata);
  if (expected !== undefined && expected !== diff.version)
    throw new FozError(
      'conflict',
      `The metadata is at version ${diff.version}, not at ${expected} as expected: look at "foz metadata diff", then apply on top of it.`,
      { details: { expected, current: diff.version } },
    );
  const issues = await check(diff.metadata);
  const errors = errorsOf(issues, read);
  if (errors.length > 0) throw new FozErrors(errors);
  const notes = issues.filter(({ severity }) => severity === 'note');
  if (dryRun || diff.changes.length === 0) return { ...diff, applied: false, notes };
  return { ...diff, version: await target.write(diff.version, diff.metadata), applied: true, notes };
}

/** All faults of a folder: violations of the schema, and entries that do not match the sources. */
async function faultsOf(read: ReadFolder, check: ApplyOptions['check']): Promise<FozErrors | ConfigError> {
  const further = read.rest === undefined ? [] : errorsOf(await check(read.rest), read);
  if (further.length === 0) return new ConfigError(read.problems);
  const ofForm = read.problems.map(({ where, message, ...place }) => fault(place, where, message));
  return new FozErrors([...ofForm, ...further]);
}

/** The errors with their places in the folder. Errors that follow from others are included only if there are no others. */
function errorsOf(issues: readonly CatalogIssue[], { locate }: ReadFolder): FozError[] {
  const errors = issues.filter(({ severity }) => severity === 'error');
  const own = errors.filter(({ topic }) => topic !== 'follows');
  return (own.length > 0 ? own : errors).map(({ where, reason, path }) =>
    fault(path === undefined ? null : locate(path), where, reason),
  );
}

function fault(place: ReturnType<Locate> | null, where: string, message: string): FozError {
  const before = place === null ? '' : `${place.file}:${place.line}:${place.column}  `;
  return new FozError('validation-failed', `${before}${where}: ${message}`);
}
