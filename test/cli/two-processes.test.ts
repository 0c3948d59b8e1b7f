import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectPglite } from '../../src/databases/pglite/index.ts';

const program = join(import.meta.dirname, '../../bin/foz.js');
const folder = mkdtempSync(join(tmpdir(), 'foz-two-processes-'));
const secret = 'the-secret-of-two-processes-0123456789abcdef';
const started: ChildProcess[] = [];
afterAll(async () => {
  for (const child of started) if (child.exitCode === null && child.signalCode === null) await kill(child);
  rmSync(folder, { recursive: true });
});

interface Foz {
  readonly child: ChildProcess;
  output: string;
}

/** Starts `foz serve` in its own folder with this configuration. */
function serve(name: string, config: string): Foz {
  const cwd = join(folder, name);
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'foz.yaml'), config);
  const { FOZ_STORE_URL: _, FOZ_LOG_LEVEL: _level, ...env } = process.env;
  const child = spawn(process.execPath, [program, 'serve', '--port', '0'], {
    cwd,
    env: { ...env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const foz: Foz = { child, output: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      foz.output += String(text);
    });
  started.push(child);
  return foz;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Waits for a text in its output. Fails if the process ends without it. */
async function says(foz: Foz, pattern: RegExp): Promise<void> {
  while (!pattern.test(foz.output)) {
    if (foz.child.exitCode !== null && !pattern.test(foz.output)) throw new Error(foz.output);
    await sleep(50);
  }
}

const urlOf = (foz: Foz) => /http:\/\/[\w.]+:\d+/.exec(foz.output)![0];

async function ask(foz: Foz, query: string): Promise<unknown> {
  const response = await fetch(`${urlOf(foz)}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

test('of two servers over one PGlite database, or one store, the second is told who has it, and has it after a kill', async () => {
  const data = join(folder, 'data');
  const made = connectPglite({ folder: data });
  await made.run({ text: 'create table notes (id int primary key)', slots: [] }, [], {
    signal: new AbortController().signal,
    timeoutMs: null,
  });
  await made.close();
  const key = `{ name: till, prefix: AAAAAAAAAAAA, hash: "sha256:${'0'.repeat(64)}", roles: [clrek], scopes: { tables: [main.note] } }`;
  const config = (state: string) =>
    `state: ${join(folder, state)}\nauth: {admin_secrets: [${secret}], api_keys: [${key}]}\nsources:\n  - {name: main, kind: pglite, path: ${data}}\n`;

  const first = serve('first', config('state-1'));
  await says(first, /http:\/\/[\w.]+:\d+/);
  await says(first, /Foz is ready/);
  const warnings = first.output.match(/^foz\.yaml:2:\d+ {2}auth\.api_keys.*/gm) ?? [];
  expect(warnings.map((line) => line.replace(/^\S+ {2}/, ''))).toEqual([
    'auth.api_keys[0].roles[0]: The role "clrek" has no permission: no role has any.',
    'auth.api_keys[0].scopes.tables[0]: no table matches "main.note" (did you mean "main.notes"?): this entry opens nothing',
  ]);
  const insert = (id: number) => `mutation { insert_notes(objects: [{id: ${id}}]) { affected_rows } }`;
  const one = { data: { insert_notes: { affected_rows: 1 } } };
  expect(await ask(first, insert(1))).toEqual(one);

  const holder = new RegExp(`open in another process: process ${first.child.pid} on `);
  const second = serve('second', config('state-2'));
  await says(second, holder);
  const third = serve(
    'third',
    `state: ${join(folder, 'state-1')}\nauth: {admin_secrets: [${secret}]}\nsources: []\n`,
  );
  await says(third, new RegExp(`The store in .*state-1.* is ${holder.source}`));

  await says(third, /is not ready yet/);
  const logged = third.output.match(/^\{.*\}$/gm)!.map((line) => JSON.parse(line));
  // The worker of the job queue may say at the same time that it waits for the store.
  const told = logged.filter(
    ({ level, msg }) => level >= 40 && /store|names/.test(msg) && !/job queue/.test(msg),
  );
  expect(told).toEqual([
    expect.objectContaining({
      level: 50,
      msg: 'the store does not open yet, and is tried again and again',
      reason: expect.stringMatching(holder),
    }),
  ]);
  expect(third.output).not.toMatch(/stack|\n\s+at /);

  expect(await ask(first, insert(2))).toEqual(one);
  for (const waiting of [second, third]) await kill(waiting.child);
  await kill(first.child);
  const next = serve('next', config('state-1'));
  await says(next, /http:\/\/[\w.]+:\d+/);
  expect(await ask(next, '{ notes(order_by: {id: asc}) { id } }')).toEqual({
    data: { notes: [{ id: 1 }, { id: 2 }] },
  });
}, 180_000);
