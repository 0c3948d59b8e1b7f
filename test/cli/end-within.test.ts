import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const module = pathToFileURL(join(import.meta.dirname, '../../dist/src/cli/end-within.js')).href;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs a program that starts the watchdog. Resolves with the exit code or signal, and the text on stderr. */
function run(ms: number, rest: string): Promise<{ end: number | string | null; err: string }> {
  const text = `import { endWithin } from ${JSON.stringify(module)}; await endWithin(${ms}); ${rest}`;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += String(chunk);
    });
    children.push(child);
    child.on('close', (code, signal) => resolve({ end: code ?? signal, err }));
  });
}

test('a process whose main thread computes for ever is ended, and says so', async () => {
  expect(await run(300, 'for (;;);')).toEqual({
    end: 'SIGKILL',
    err: 'Stopping took more than 0.3 s: the process is ended.\n',
  });
});

test('a process that ends in time is not kept, and says nothing', async () => {
  expect(await run(600_000, '')).toEqual({ end: 0, err: '' });
});
