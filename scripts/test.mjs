// npm test: first the tests that need only Node, the fast ones first, then those with real servers. Reports what did not run and
// why.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const notes = mkdtempSync(join(tmpdir(), 'foz-test-'));
const report = join(notes, 'engines.json');
const cpuReport = join(notes, 'cpu.txt');
const workers = Math.min(4, Math.max(1, availableParallelism()));
const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null);

/** Runs one project of jest.config.js. Further arguments of this command are passed to jest. */
function runProject(name) {
  const outputFile = join(notes, `${name}.json`);
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const args = [
    jest,
    '--selectProjects',
    name,
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
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    // --json prints the results too; they are read from the file instead.
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      NODE_OPTIONS:
        `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
      FOZ_TEST_REPORT: report,
      FOZ_TEST_CPU: cpuReport,
    },
  });
  const results = read(outputFile);
  return {
    name,
    slowest: slowestFiles(results?.testResults ?? []),
    ok: status === 0,
    passed: results?.numPassedTests ?? 0,
    failed: (results?.numFailedTests ?? 0) + (results?.numRuntimeErrorTestSuites ?? 0),
    skipped: (results?.numPendingTests ?? 0) + (results?.numTodoTests ?? 0),
    ended: results !== null,
  };
}

/** The test files that took longest, as `63 s test/cases/reading.servers.test.ts`. */
function slowestFiles(files) {
  const seconds = ({ startTime, endTime }) => Math.round((endTime - startTime) / 1000);
  return files
    .sort((a, b) => seconds(b) - seconds(a))
    .slice(0, 8)
    .map((file) => `${seconds(file)} s ${relative(root, file.name)}`);
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

const runs = ['unit', 'integration', 'servers'].map(runProject);
const engines = Object.entries(read(report) ?? {});
const computing = mostComputing();
rmSync(notes, { recursive: true, force: true });

console.log('');
for (const { name, slowest } of runs.slice(1)) console.log(`slowest of ${name}:\n  ${slowest.join('\n  ')}`);
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
process.exitCode = runs.every((run) => run.ok) && sum('passed') > 0 ? 0 : 1;
