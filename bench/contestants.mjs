// Starts the contestants, each in a process with a port of its own. All have the same pool size.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { work } from './load.mjs';
import { options } from './options.mjs';
import { freePort, root, startProcess } from './processes.mjs';

const require = createRequire(import.meta.url);

/** A Node release from npm: PostGraphile 5 needs a newer one than Foz does. */
function newerNode() {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  return require.resolve(`node-${process.platform}-${process.arch}/bin/node`);
}
const ownNode = options['one-node'] ? newerNode() : process.execPath;

const profiler = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${join(work, 'profiles')}`] : [];
const scripted = (file) => (engine, urls, port) =>
  startProcess(
    ownNode,
    [...profiler, file, engine, urls[0], String(port), String(options.poolSize), ...urls.slice(1)],
    'ready',
  );

const relationship = (source, table, name, to, toTable, column) => ({
  source,
  table,
  remote_relationships: [
    {
      name,
      definition: {
        to_source: {
          source: to,
          table: toTable,
          relationship_type: 'object',
          field_mapping: { [column]: 'id' },
        },
      },
    },
  ],
});

/** foz.yaml for one database, or for two that are joined. JSON is YAML. */
function configuration(engine, urls, port, name) {
  const pool = { max: options.poolSize };
  const kind = engine === 'cross' ? 'postgres' : engine;
  const sources = [{ name: 'main', kind, url: urls[0], pool }];
  const config = { state: join(work, `state-${name}-${engine}`), server: { port }, sources };
  if (engine !== 'cross') return config;
  const prefix = { prefix: 'shop_' };
  sources.push({
    name: 'shop',
    kind: 'mysql',
    url: urls[1],
    pool,
    customization: { root_fields: prefix, type_names: prefix },
  });
  return {
    ...config,
    metadata: {
      tables: [
        relationship('main', 'order_lines', 'shop_order', 'shop', 'orders', 'order_id'),
        relationship('shop', 'orders', 'shop_customer', 'main', 'customers', 'customer_id'),
      ],
    },
  };
}

/** Writes Foz's configuration for an engine and returns the path of the file. `name`: the contestant. */
export function writeConfiguration(engine, urls, port, name = 'foz') {
  const file = join(work, `${name}-${engine}.yaml`);
  writeFileSync(file, JSON.stringify(configuration(engine, urls, port, name), null, 2));
  return file;
}

/** Foz of the checkout in `folder`. */
const fozOf = (name, folder) => (engine, urls, port) => {
  const file = writeConfiguration(engine, urls, port, name);
  const command = [...profiler, join(folder, 'bin/foz.js'), 'serve', '--config', file];
  return startProcess(ownNode, command, 'Foz is ready', { FOZ_LOG_LEVEL: 'warn' });
};

function startPostgraphile(_, urls, port) {
  const args = ['bench/postgraphile.mjs', urls[0], String(port), String(options.poolSize)];
  return startProcess(newerNode(), args, 'ready', { GRAPHILE_ENV: 'production' });
}

const everywhere = ['postgres', 'mysql', 'mariadb', 'cross'];

/** By name: the engines that a contestant supports, and how to start it. */
const contestants = {
  floor: { engines: everywhere, start: scripted('bench/floor.mjs') },
  apollo: { engines: everywhere, start: scripted('bench/apollo.mjs') },
  postgraphile: { engines: ['postgres'], start: startPostgraphile },
  foz: { engines: everywhere, start: fozOf('foz', root) },
  ...(options.before && { before: { engines: everywhere, start: fozOf('before', options.before) } }),
};

/** Starts the chosen contestants that support the engine. */
export async function startContestants(engine, urls) {
  const started = [];
  for (const [name, { engines, start }] of Object.entries(contestants)) {
    if (!engines.includes(engine) || !options.wantsContestant(name)) continue;
    const port = await freePort();
    started.push({ name, port, child: await start(engine, urls, port) });
  }
  return started;
}

/** The request body of an operation for a contestant; `undefined`: it does not support the operation. */
export function bodyOf(contestant, name, operation) {
  if (contestant === 'floor') return { operation: name };
  const query = operation[contestant === 'before' ? 'foz' : contestant];
  return query === undefined ? undefined : { query };
}
