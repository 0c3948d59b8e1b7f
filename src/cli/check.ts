import type { CatalogIssue } from '../catalog/index.ts';
import {
  type ConfigProblem,
  describeSource,
  loadConfig,
  metadataPlaces,
  rolesWithoutPermissions,
  type SourceDescription,
} from '../control/index.ts';
import type { AttachedSource } from '../views/index.ts';
import { attachStored } from './attach-stored.ts';
import { type EndpointOptions, runningFoz } from './endpoint.ts';

type CheckedSource = Pick<SourceDescription, 'name' | 'kind' | 'state' | 'reason' | 'version' | 'tables'>;

/** A problem; with file, line and column where it has a place in a file. */
type LocatedIssue = Omit<CatalogIssue, 'path'> & Partial<Pick<ConfigProblem, 'file' | 'line' | 'column'>>;

interface Checked {
  readonly sources: readonly CheckedSource[];
  readonly issues: readonly LocatedIssue[];
}

const document = '{ sources { name kind state reason version tables } issues { severity where reason } }';

/** `foz check`: checks the configuration, then every connection, then the catalog. */
export async function check(
  options: EndpointOptions & { readonly config: string; readonly json?: boolean },
): Promise<void> {
  const foz = runningFoz(options);
  const { sources, issues } =
    foz === null ? await checked(options.config) : await foz.query<Checked>(document);
  const failed =
    sources.some((source) => source.state !== 'available') ||
    issues.some((issue) => issue.severity === 'error');
  if (options.json === true) console.log(JSON.stringify({ ok: !failed, sources, issues }, null, 2));
  else {
    for (const source of sources) {
      const text =
        source.state === 'available'
          ? `ok: ${source.kind} ${source.version}, ${source.tables} tables`
          : `unavailable: ${source.reason}`;
      console.log(`${source.name}: ${text}`);
    }
    for (const issue of issues)
      console.log(`${placeOf(issue)}${issue.severity}: ${issue.where}: ${issue.reason}`);
    const empty = sources.every(({ tables }) => tables === 0);
    console.log(failed ? 'There are problems.' : empty ? 'There is nothing to ask for yet.' : 'All is well.');
  }
  if (failed) process.exitCode = 1;
}

async function checked(file: string): Promise<Checked> {
  const config = loadConfig(file);
  const attached = await attachStored(config);
  const sources = attached.registry.sources.map(shown);
  const { graphs } = attached;
  const issues = [...attached.issues, ...rolesWithoutPermissions(config, graphs.metadata)];
  await attached.close();
  // Metadata in the store has no place in a file.
  const locate = graphs.metadata === config.metadata ? metadataPlaces(file) : () => ({});
  return {
    sources,
    issues: issues.map(({ path, ...issue }) => ({ ...issue, ...(path === undefined ? {} : locate(path)) })),
  };
}

/** `foz.yaml:12:9  `, which editors and terminals turn into a link. */
function placeOf({ file, line, column }: LocatedIssue): string {
  return file === undefined ? '' : `${file}:${line}:${column}  `;
}

function shown(source: AttachedSource): CheckedSource {
  const { name, kind, state, reason, version, tables } = describeSource(source);
  return { name, kind, state, reason, version, tables };
}
