import {
  existingStore,
  type FozConfig,
  forgetKeptNames,
  type KeptName,
  keptNames,
  loadConfig,
  type NamesKeeper,
  namesKeeperOf,
} from '../control/index.ts';
import { FozError } from '../core/index.ts';
import { type EndpointOptions, runningFoz } from './endpoint.ts';

interface Options extends EndpointOptions {
  readonly config: string;
  readonly json?: boolean;
}

const asked =
  'query ($source: String) { keptNames(source: $source) { source table name relationships { name foreignKey } } }';
const anew = 'mutation ($source: String!, $table: String) { resetNames(source: $source, table: $table) }';

/** `foz names list`: what tables and relationships are called, since they were named first. */
export async function listNames(only: string | undefined, options: Options): Promise<void> {
  const foz = runningFoz(options);
  const names =
    foz === null
      ? await withKeeper(loadConfig(options.config), async (keeper) =>
          keptNames(await keeper.read(), only ?? null),
        )
      : (await foz.query<{ keptNames: KeptName[] }>(asked, { source: only ?? null })).keptNames;
  if (options.json === true) return console.log(JSON.stringify(names, null, 2));
  if (names.length === 0)
    return console.log('No names are kept yet: the first start of the server gives them.');
  for (const source of new Set(names.map((one) => one.source))) print(source, names);
}

function print(source: string, names: readonly KeptName[]): void {
  const own = names.filter((one) => one.source === source);
  const width = Math.max(...own.map(({ table }) => table.length));
  console.log(source);
  for (const { table, name, relationships } of own) {
    console.log(`  ${table.padEnd(width)}  ${name ?? '(named by metadata)'}`);
    for (const one of relationships) console.log(`  ${' '.repeat(width)}    ${one.name}  ${one.foreignKey}`);
  }
}

/** `foz names reset`: assigns names again, as for a new source or table. */
export async function resetKeptNames(
  source: string,
  table: string | undefined,
  options: Options,
): Promise<void> {
  const foz = runningFoz(options);
  const given = { source, table: table ?? null };
  const found =
    foz === null
      ? (
          await withKeeper(loadConfig(options.config), (keeper) =>
            forgetKeptNames(keeper, source, given.table),
          )
        ).found
      : (await foz.query<{ resetNames: boolean }>(anew, given)).resetNames;
  const what = table === undefined ? `the source ${source}` : `the table ${table} of the source ${source}`;
  if (!found)
    throw new FozError(
      'not-found',
      `No names are kept for ${what}: "foz names list" shows what is (a table outside of the default namespace as namespace.table).`,
    );
  console.log(
    foz === null
      ? `The names of ${what} are forgotten: the next start makes them anew.`
      : `The names of ${what} are made anew.`,
  );
}

/** Runs an action with the keeper of names: the store where there is one, else a file. Rejects where the store cannot be opened: the file would have other names. */
async function withKeeper<T>(config: FozConfig, run: (keeper: NamesKeeper) => Promise<T>): Promise<T> {
  const store = config.names === undefined ? await existingStore(config, process.env) : null;
  try {
    await store?.open();
    return await run(namesKeeperOf(config, store === null ? null : { store }));
  } finally {
    await store?.close();
  }
}
