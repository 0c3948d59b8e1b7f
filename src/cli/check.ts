import type { CatalogIssue } from '../catalog/index.ts';
import { type AttachedSource, describeSource, loadConfig, type SourceDescription } from '../control/index.ts';
import { attachStored } from './attach-stored.ts';
import { type EndpointOptions, runningFoz } from './endpoint.ts';

type CheckedSource = Pick<SourceDescription, 'name' | 'kind' | 'state' | 'reason' | 'version' | 'tables'>;

interface Checked {
  readonly sources: readonly CheckedSource[];
  readonly issues: readonly CatalogIssue[];
}

const asked = '{ sources { name kind state reason version tables } issues { severity where reason } }';

/** `foz check`: the configuration is checked first, then every connection and everything the catalog could not take. */
export async function check(
  options: EndpointOptions & { readonly config: string; readonly json?: boolean },
): Promise<void> {
  const foz = runningFoz(options);
  const { sources, issues } = foz === null ? await checked(options.config) : await foz.query<Checked>(asked);
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
    for (const issue of issues) console.log(`${issue.severity}: ${issue.where}: ${issue.reason}`);
    console.log(failed ? 'There are problems.' : 'All is well.');
  }
  if (failed) process.exitCode = 1;
}

async function checked(file: string): Promise<Checked> {
  const attached = await attachStored(loadConfig(file));
  const sources = attached.registry.sources.map(shown);
  const { issues } = attached;
  await attached.close();
  return { sources, issues };
}

function shown(source: AttachedSource): CheckedSource {
  const { name, kind, state, reason, version, tables } = describeSource(source);
  return { name, kind, state, reason, version, tables };
}
