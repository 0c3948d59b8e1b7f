// npm test: first the tests that need only Node, then those with real servers, which start meanwhile. Reports what did not run and why.
// FOZ_TEST_UPDATE=1 stores how long the slow files took (test/support/slow-files.json).
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import jestConfig from '../jest.config.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const notes = mkdtempSync(join(tmpdir(), 'foz-test-'));
const report = join(notes, 'engines.json');
const cpuReport = join(notes, 'cpu.txt');
const workers = Math.min(4, Math.max(1, availableParallelism()));
const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null);

/** Runs projects of jest.config.js. Further arguments of this command are passed to jest. `urls`: variables with the URLs of servers. */
async function runProjects(names, urls = {}) {
  const outputFile = join(notes, `${names.join('-')}.json`);
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const args = [
    jest,
    '--selectProjects',
    ...names,
    '--json',
    `--outputFile=${outputFile}`,
    ...process.argv.slice(2),
  ];
  // Several test files run at once, since each waits for servers and processes half of the time.
  if (!args.some((argument) => /^(?:--maxWorkers|-w|-i$|--runInBand)/.test(argument)))
    args.push(`--maxWorkers=${workers}`);
  // A failed test may have left handles open, and in CI nobody is there to end the run.
  if (process.env.CI === 'true') args.push('--forceExit');
  if (process.argv.length > 2) args.push('--passWithNoTests');
  const child = spawn(process.execPath, args, {
    cwd: root,
    // --json prints the results too; they are read from the file instead.
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...urls,
      NODE_OPTIONS:
        `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
      FOZ_TEST_REPORT: report,
      FOZ_TEST_CPU: cpuReport,
    },
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  const results = read(outputFile);
  return {
    ok: status === 0,
    projects: names.map((name) => projectResult(name, results)),
  };
}

/** The result of one project. `results`: those of all files; `null`: jest has not written them. */
function projectResult(name, results) {
  const files = (results?.testResults ?? []).filter((file) => projectOf(file.name) === name);
  const count = (...statuses) =>
    files
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => statuses.includes(status)).length;
  // A file that could not be loaded has no tests.
  const broken = files.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return {
    name,
    files,
    passed: count('passed'),
    failed: count('failed') + broken.length,
    skipped: count('pending', 'todo', 'skipped', 'disabled'),
    ended: results !== null,
  };
}

function projectOf(file) {
  if (file.endsWith('.servers.test.ts')) return 'servers';
  const [{ testRegex }] = jestConfig.projects.filter(({ displayName }) => displayName === 'integration');
  return testRegex.some((part) => new RegExp(part).test(file)) ? 'integration' : 'unit';
}

/**
 * Starts the servers that the tests need and do not find, since that takes a while. Returns a function that resolves with the variables of
 * their URLs, and one that stops them. A server that does not start is missing there, and the tests try again and report why.
 */
function startServers() {
  const child = spawn(process.execPath, [join(root, 'scripts/servers.mjs'), 'hold'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  const line = new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  return {
    async urls() {
      const found = JSON.parse((await Promise.race([line, closed.then(() => null)])) || '{}');
      return Object.fromEntries(
        Object.entries(found).map(([engine, url]) => [`FOZ_TEST_${engine.toUpperCase()}_URL`, url]),
      );
    },
    async stop() {
      child.stdin.end();
      await closed;
    },
  };
}

const secondsOf = ({ startTime, endTime }) => Math.round((endTime - startTime) / 1000);

/** The test files that took longest, as `63 s test/cases/reading.servers.test.ts`. */
function slowestFiles(files) {
  return [...files]
    .sort((a, b) => secondsOf(b) - secondsOf(a))
    .slice(0, 8)
    .map((file) => `${secondsOf(file)} s ${relative(root, file.name)}`);
}

/** Stores the files that took 10 s or more, for the order in which fresh checkouts start them (test/support/sequencer.cjs). */
function storeSlowFiles(files) {
  const slow = files
    .filter((file) => secondsOf(file) >= 10)
    .map((file) => [relative(root, file.name).replaceAll('\\', '/'), secondsOf(file)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify(Object.fromEntries(slow), null, 2);
  writeFileSync(join(root, 'test/support/slow-files.json'), `${text}\n`);
}

/** The test files that computed longest with their child processes, which says more than the clock of a busy machine. */
function mostComputing() {
  if (!existsSync(cpuReport)) return [];
  return readFileSync(cpuReport, 'utf8')
    .trim()
    .split('\n')
    .sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a))
    .slice(0, 15)
    .map((line) => line.replace(' ', ' s '));
}

const servers = startServers();
const first = await runProjects(['unit', 'integration']);
const second = await runProjects(['servers'], await servers.urls());
await servers.stop();
const runs = [...first.projects, ...second.projects];
if (process.env.FOZ_TEST_UPDATE === '1') storeSlowFiles(runs.flatMap(({ files }) => files));
const engines = Object.entries(read(report) ?? {});
const computing = mostComputing();
rmSync(notes, { recursive: true, force: true });

console.log('');
for (const { name, files } of runs.slice(1))
  console.log(`slowest of ${name}:\n  ${slowestFiles(files).join('\n  ')}`);
if (computing.length > 0) console.log(`most CPU time:\n  ${computing.join('\n  ')}`);
for (const { name, passed, failed, skipped, ended } of runs) {
  console.log(
    `${name}: ${ended ? `${passed} passed, ${failed} failed, ${skipped} skipped` : 'DID NOT RUN (see above)'}`,
  );
}
const ran = engines.filter(([, found]) => !found.reason).map(([name]) => name);
console.log(`engines: ${ran.join(', ') || 'none'}`);
for (const [name, found] of engines)
  if (found.reason) console.log(`ENGINE NOT RUN: ${name}: ${found.reason}`);

const sum = (key) => runs.reduce((total, run) => total + run[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = first.ok && second.ok && sum('passed') > 0 ? 0 : 1;
