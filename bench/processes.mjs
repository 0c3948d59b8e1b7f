import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

export const root = new URL('..', import.meta.url).pathname;

/** A loopback port that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a server process and waits until it has printed `ready`. Rejects with its output if it ends before. */
export async function startProcess(command, args, ready, environment = {}) {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', ...environment },
  });
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr = (stderr + data).slice(-4000);
  });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => String(data).includes(ready) && resolve());
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}:\n${stderr}`)));
  });
  return child;
}

/** Ends a process that `startProcess` started. */
export function endProcess(child) {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill();
  });
}

const statOf = (pid) => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

/** A process and all its descendants. */
function treeOf(pid) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(name)?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const all = [pid];
  for (const next of all) all.push(...(children.get(next) ?? []));
  return all;
}

/** User and system time of process trees in milliseconds, including children that have ended. */
export function cpuOf(pids) {
  let ticks = 0;
  for (const pid of new Set(pids.flatMap(treeOf))) {
    const stat = statOf(pid);
    if (stat !== undefined) ticks += [11, 12, 13, 14].reduce((sum, field) => sum + Number(stat[field]), 0);
  }
  return ticks * 10;
}

/** CPU time in milliseconds of ended children of this process, that is, of the load generator. */
export const cpuOfEnded = () => (Number(statOf('self')[13]) + Number(statOf('self')[14])) * 10;

/** The most memory that the process trees have used, in MB. */
export function peakMemory(pid) {
  let kilobytes = 0;
  for (const each of treeOf(pid)) {
    const status = readFileSync(`/proc/${each}/status`, 'utf8');
    kilobytes += Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
  }
  return Math.round(kilobytes / 1024);
}

/** The resident memory of a process in MB; 0 if it has ended. */
export const memoryOf = (pid) => fromStatus(pid, 'VmRSS');

/** The largest resident memory of a process so far, in MB; 0 if it has ended. */
export const peakMemoryOf = (pid) => fromStatus(pid, 'VmHWM');

function fromStatus(pid, name) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

/** The process that listens on a port of this machine; `undefined`: it runs elsewhere, or must not be inspected. */
export function listenerOf(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = ['tcp', 'tcp6'].flatMap((file) =>
    readFileSync(`/proc/net/${file}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === '0A')
      .map((fields) => `socket:[${fields[9]}]`),
  );
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`))
        if (inodes.includes(readlinkSync(`/proc/${pid}/fd/${fd}`))) return Number(pid);
    } catch {}
  }
  return undefined;
}
