// Keeps database servers running between test runs: node scripts/servers.mjs start|stop|status [--ports postgres=15432,mysql=13306] [--write FILE]
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

async function start(harness, ports, file) {
  await harness.sweep();
  const urls = { ...harness.keptServers() };
  const wanted = (process.env.FOZ_TEST_ENGINES ?? harness.serverEngines.join())
    .split(',')
    .map((name) => name.trim());
  let failed = false;
  const missing = harness.serverEngines.filter((engine) => wanted.includes(engine) && !urls[engine]);
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
else {
  console.error(
    'usage: node scripts/servers.mjs start|stop|status [--ports postgres=15432,...] [--write FILE]',
  );
  process.exitCode = 2;
}
