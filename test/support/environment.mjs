import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, relative } from 'node:path';
import { TestEnvironment } from 'jest-environment-node';
import { mainContext, rememberGlobals } from './main-context.mjs';
import { shareOnlyLibraries } from './shared-modules.mjs';

/**
 * Gives each test file a temporary folder of its own and removes it after the last hook, also when tests failed. `os.tmpdir()` in a test
 * reads the environment of the worker, which runs one file at a time.
 */
export default class FolderEnvironment extends TestEnvironment {
  #before = process.env.TMPDIR;
  #folder = ownFolder();
  #usedBefore = usedSeconds();
  #resourcesBefore = process.getActiveResourcesInfo();
  #file = '';
  #restoreGlobals = rememberGlobals();

  /**
   * @param {ConstructorParameters<typeof TestEnvironment>[0]} config
   * @param {ConstructorParameters<typeof TestEnvironment>[1]} context
   */
  constructor(config, context) {
    super(config, context);
    if (config.globalConfig.watch || config.globalConfig.watchAll) shareOnlyLibraries();
    this.global = /** @type {typeof this.global} */ (/** @type {unknown} */ (globalThis));
    this.#file = relative(config.globalConfig.rootDir, context.testPath);
    // The environment of the test's modules and child processes. Libraries run as in the bundled command: in production.
    Object.assign(this.global.process.env, ownVariables(), { NODE_ENV: 'production' });
  }

  /** @override */
  getVmContext() {
    // Modules that are loaded after their file has ended have none.
    return super.getVmContext() && mainContext;
  }

  /** @override */
  async setup() {
    await super.setup();
    // Jest records 100 frames of each error, and maps their places. Errors that are expected by the thousand took a fifth of the time.
    Error.stackTraceLimit = 15;
  }

  /** @override */
  async teardown() {
    await super.teardown();
    this.#restoreGlobals();
    if (this.#before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = this.#before;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    const { FOZ_TEST_CPU: cpuReport, FOZ_TEST_HANDLES: handleReport } = process.env;
    if (cpuReport) appendFileSync(cpuReport, `${(usedSeconds() - this.#usedBefore).toFixed(1)} ${this.#file}\n`);
    if (handleReport) {
      const left = newResources(this.#resourcesBefore);
      if (left.length > 0) appendFileSync(handleReport, `${this.#file}: ${left.join(', ')}\n`);
    }
  }
}

/** What keeps the worker alive and did not before: open sockets, processes, timers. @param {readonly string[]} before */
function newResources(before) {
  const left = [...before];
  return process.getActiveResourcesInfo().filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** CPU time of this worker and of its child processes that have ended. 0 where the system has no /proc. */
function usedSeconds() {
  try {
    // The name of the process, in parentheses, may contain spaces.
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return ticks / 100;
  } catch {
    return 0;
  }
}

function ownVariables() {
  const { TMPDIR, FOZ_TEST_HOME } = process.env;
  return { TMPDIR, FOZ_TEST_HOME };
}

/** The number of bytes that the files of one test may take at most, with a wide margin. */
const roomForFiles = 4 * 2 ** 30;

/**
 * Where temporary folders are made: in memory where the system offers that, since the embedded stores of the tests are thousands of small
 * files, whose removal alone took a tenth of some tests.
 */
function temporaryBase() {
  const inMemory = '/dev/shm';
  try {
    const mount = readFileSync('/proc/mounts', 'latin1')
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, at]) => at === inMemory);
    // Tests run commands that they install there.
    const isUsable = mount !== undefined && !/\b(?:noexec|ro)\b/.test(mount[3] ?? '');
    const { bavail, bsize } = statfsSync(inMemory);
    return isUsable && bavail * bsize >= roomForFiles ? inMemory : tmpdir();
  } catch {
    return tmpdir();
  }
}

function ownFolder() {
  // Servers of the tests are kept where all files find them.
  process.env.FOZ_TEST_HOME ??= join(tmpdir(), `foz-test-servers-${userInfo().username}`);
  const folder = mkdtempSync(join(temporaryBase(), 'foz-'));
  // Servers run as another user.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  return folder;
}
