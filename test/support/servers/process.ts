import { execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverAccount } from './home.ts';

/** A program, its leading arguments, and additional environment variables. */
export interface Program {
  readonly file: string;
  readonly first: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A program without leading arguments or additional environment. */
export function plain(file: string): Program {
  return { file, first: [], env: {} };
}

function environment(program: Program): NodeJS.ProcessEnv {
  // The temporary folder of a test file belongs to the user of the tests; a server may run as another one.
  const { TMPDIR: _, ...given } = process.env;
  return { ...given, LC_ALL: 'C', TZ: 'UTC', ...program.env };
}

/** Runs a program to its end. Throws with the tail of its output if the exit code is not 0. */
export function run(
  program: Program,
  args: readonly string[],
  options: SpawnOptions & { input?: string } = {},
) {
  const { input, ...rest } = options;
  return new Promise<string>((resolve, reject) => {
    const child = spawn(program.file, [...program.first, ...args], {
      ...rest,
      env: environment(program),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let printed = '';
    const keep = (chunk: Buffer) => {
      printed += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${program.file} ended with ${code}: ${printed.trim().slice(-800)}`));
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}

/** Like `run`, with the account of the servers. */
export function runAsServer(program: Program, args: readonly string[], input?: string): Promise<string> {
  return run(program, args, { ...serverAccount(), cwd: '/', input });
}

/**
 * Starts a program that outlives this process, with its output appended to `log`. Resolves with its process id once the
 * log contains `ready`. Throws with the tail of the log if the program ends before, or is not ready after `seconds`.
 */
export async function launch(
  program: Program,
  args: readonly string[],
  log: string,
  ready: string,
  seconds = 90,
): Promise<number> {
  const start = existsSync(log) ? statSync(log).size : 0;
  const output = openSync(log, 'a');
  const child = spawn(program.file, [...program.first, ...args], {
    ...serverAccount(),
    cwd: '/',
    env: environment(program),
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let failure: Error | null = null;
  child.once('error', (error) => {
    failure = error;
  });
  child.unref();
  const printed = () => readFileSync(log).subarray(start).toString();
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(50)) {
    if (printed().includes(ready)) return child.pid!;
    if (failure || child.exitCode !== null || child.signalCode !== null) break;
  }
  if (child.pid && isAlive(child.pid)) process.kill(child.pid, 'SIGKILL');
  throw new Error(
    `${program.file} did not get ready: ${(failure ?? printed().trim().slice(-800)) || 'it printed nothing'}`,
  );
}

/** Whether the process runs; a zombie counts as ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')[0];
    // The first thread may have ended while others still hold the sockets and files.
    return (state !== 'Z' && state !== 'X') || readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

/** Whether the process runs and its command line contains `word`: guards against a reused process id. */
export function isOurs(pid: number, word: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    const line =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        : execFileSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' });
    return line.includes(word);
  } catch {
    return false;
  }
}

function parents(): readonly (readonly [pid: number, parent: number])[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
    return lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return [[Number(name), Number(fields[1])] as const];
      } catch {
        return [];
      }
    });
}

/** Kills the process and its children with SIGKILL; resolves when they are gone. */
export async function killTree(pid: number): Promise<void> {
  const family = [pid, ...parents().flatMap(([child, parent]) => (parent === pid ? [child] : []))];
  for (const member of family) {
    try {
      process.kill(member, 'SIGKILL');
    } catch {
      // already gone
    }
  }
  await untilGone(family, 20);
}

/** Sends the signal and waits until the process has ended; kills it after `seconds`. */
export async function endProcess(pid: number, signal: NodeJS.Signals, seconds = 20): Promise<void> {
  if (!isAlive(pid)) return;
  process.kill(pid, signal);
  if (!(await untilGone([pid], seconds))) await killTree(pid);
}

async function untilGone(pids: readonly number[], seconds: number): Promise<boolean> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(20)) {
    if (!pids.some(isAlive)) return true;
  }
  return false;
}
