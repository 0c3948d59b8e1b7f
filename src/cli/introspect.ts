import { noMetadata } from '../catalog/index.ts';
import type { ControlPlane, FozConfig } from '../control/index.ts';
import { counted, type SourceName } from '../core/index.ts';
import type { SourceConfig } from '../views/index.ts';
import {
  factsOf,
  GraphFile,
  linesOf,
  parseParts,
  readingOf,
  type SourceReading,
  StoredCatalog,
  versionOf,
  wantedEnums,
} from '../views/index.ts';
import { eachSource, noSource, SourceUnavailable, withConnector, withStoredSources } from './each-source.ts';
import { type EndpointOptions, type RunningFoz, runningFoz } from './endpoint.ts';

interface Options extends EndpointOptions {
  readonly config: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

interface Result extends SourceReading {
  readonly source: string;
}

/** `foz introspect`: compares the schemas of the sources with the stored ones. */
export async function introspect(only: string | undefined, options: Options): Promise<void> {
  const foz = runningFoz(options);
  const write = options.write === true;
  const all = await (foz === null ? readHere(options.config, only, write) : readAt(foz, only, write));
  const results = all.filter((one): one is Result => !(one instanceof SourceUnavailable));
  if (options.json === true) console.log(JSON.stringify(results, null, 2));
  else print(results, write);
  for (const one of all) {
    if (!(one instanceof SourceUnavailable)) continue;
    console.error(one.message);
    process.exitCode = 1;
  }
}

/** Reads the sources of the file and of its store in this process. */
function readHere(
  file: string,
  only: string | undefined,
  write: boolean,
): Promise<readonly (Result | SourceUnavailable)[]> {
  return withStoredSources(file, only, async (sources, { config, plane }) => {
    const wanted = wantedEnums(await metadataOf(config, plane));
    const stored = new StoredCatalog(config.state ?? '.foz', write ? 'writes' : 'reads');
    const before = parseParts(new GraphFile(config.state ?? '.foz').read());
    const served = before === null ? null : versionOf(before);
    return eachSource(sources, async (source): Promise<Result> => {
      const facts = await read(source, wanted);
      const reading = readingOf(stored.read(source.name), facts, served, source.name);
      if (write) stored.write(source.name, facts);
      return { source: source.name, ...reading };
    });
  });
}

/** Metadata is needed because the rows of tables declared as enums are read, too. */
async function metadataOf({ metadata }: FozConfig, plane: ControlPlane | null) {
  return metadata ?? ((await plane?.store.readMetadata())?.metadata as typeof metadata) ?? noMetadata;
}

function read(config: SourceConfig, wanted: ReturnType<typeof wantedEnums>) {
  return withConnector(config, (connector) =>
    factsOf({ name: config.name as SourceName, config, connector }, wanted),
  );
}

const document = `query ($name: String!) {
  sourceReading(name: $name) { tables changes { change what detail } issues { namespace table column reason } graphChanges { severity change what text follows } }
}`;
const refreshed = 'mutation ($name: String!) { refreshSource(name: $name) { name } }';

/** Makes a running server read its sources. */
async function readAt(foz: RunningFoz, only: string | undefined, write: boolean): Promise<Result[]> {
  const { sources } = await foz.query<{ sources: readonly { readonly name: string }[] }>(
    '{ sources { name } }',
  );
  const known = sources.map(({ name }) => name);
  const names = known.filter((name) => only === undefined || name === only);
  if (names.length === 0) throw noSource(only, `the Foz at ${foz.url}`, known);
  const results: Result[] = [];
  for (const name of names) {
    const { sourceReading } = await foz.query<{ sourceReading: SourceReading }>(document, { name });
    results.push({ source: name, ...sourceReading });
    if (write) await foz.query(refreshed, { name });
  }
  return results;
}

const marks = { added: '+', removed: '-', changed: '~' } as const;

function print(results: readonly Result[], written: boolean): void {
  for (const { source, tables, changes, graphChanges, issues } of results) {
    console.log(
      `${source}: ${counted(tables, 'table')}, ${changes.length === 0 ? 'nothing has changed' : counted(changes.length, 'change')}`,
    );
    for (const change of changes) console.log(`  ${marks[change.change]} ${change.what}  ${change.detail}`);
    for (const line of linesOf(graphChanges ?? [])) console.log(`  graph: ${line}`);
    for (const issue of issues)
      console.log(
        `  ! ${[issue.namespace, issue.table, issue.column].filter((part) => part !== null).join('.')}: ${issue.reason}`,
      );
  }
  if (!written && results.some((result) => result.changes.length > 0)) console.log('Store it with --write.');
}
