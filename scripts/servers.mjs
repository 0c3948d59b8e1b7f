// Keeps database servers running between test runs: node scripts/servers.mjs start|stop|status [--ports postgres=15432,mysql=13306] [--write FILE]
// hold: starts those that tests do not find, prints their URLs, and stops them when standard input ends.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Bundles the test harness, which is TypeScript, into node_modules/.cache for this run. */
async function loadHarness() {
  const folder = mkdtempSync(join(root, 'node_modules', '.foz-servers-'));
  const outfile = join(folder, 'servers.mjs');
  try {
    const entry = join(root, 'test/support/servers/index.ts');
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The servers of FOZ_TEST_ENGINES; default: all. */
function wantedOf(harness) {
  const wanted = (process.env.FOZ_TEST_ENGINES || harness.serverEngines.join())
    .split(',')
    .map((name) => name.trim());
  return harness.serverEngines.filter((engine) => wanted.includes(engine));
}

async function start(harness, ports, file) {
  await harness.sweep();
  const urls = { ...harness.keptServers() };
  let failed = false;
  const missing = wantedOf(harness).filter((engine) => !urls[engine]);
  await Promise.all(
    missing.map(async (engine) => {
      try {
        const server = await harness.starters[engine](ports[engine] ? { port: Number(ports[engine]) } : {});
        harness.keep(server);
        urls[engine] = server.url;
        if (file) writeFileSync(file, JSON.stringify(urls));
      } catch (error) {
        failed = true;
        console.error(`${engine} NOT STARTED: ${error.message}`);
      }
    }),
  );
  for (const [engine, url] of Object.entries(urls)) console.log(`${engine} ${url}`);
  if (file) writeFileSync(file, JSON.stringify(urls));
  process.exitCode = failed ? 1 : 0;
}

async function hold(harness) {
  await harness.sweep();
  // CI starts its servers anew, so that the starters are tested too.
  const kept = process.env.CI === 'true' ? {} : harness.keptServers();
  const missing = wantedOf(harness).filter(
    (engine) => !kept[engine] && !process.env[`FOZ_TEST_${engine.toUpperCase()}_URL`],
  );
  const ended = new Promise((resolve) => process.stdin.once('end', resolve).resume());
  // The tests try to start a server again that does not start here, and report why it does not.
  const started = await Promise.all(missing.map((engine) => harness.starters[engine]().catch(() => null)));
  const servers = started.filter((server) => server !== null);
  console.log(JSON.stringify(Object.fromEntries(servers.map(({ engine, url }) => [engine, url]))));
  await ended;
  await Promise.all(servers.map((server) => server.stop()));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ports: { type: 'string', default: '' }, write: { type: 'string' } },
});
const [verb] = positionals;
const ports = Object.fromEntries(values.ports.split(',').map((pair) => pair.split('=')));

if (verb === 'start') await start(await loadHarness(), ports, values.write);
else if (verb === 'stop')
  console.log(`Stopped: ${(await (await loadHarness()).stopKept()).join(', ') || 'none was kept'}.`);
else if (verb === 'status') console.log(JSON.stringify((await loadHarness()).keptServers(), null, 2));
else if (verb === 'hold') await hold(await loadHarness());
else {
  console.error(
    'usage: node scripts/servers.mjs start|stop|status [--ports postgres=15432,...] [--write FILE]',
  );
  process.exitCode = 2;
}
