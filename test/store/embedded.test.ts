import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseTar } from 'nanotar';
import { lockFile } from '../../src/sql/index.ts';
import { lockStore } from '../../src/store/pglite/lock.ts';
import { openWithTemplate, templateFile } from '../../src/store/pglite/template.js';
import { openStore } from '../../src/store/store.ts';
import { type StorePlace, storePlace, until } from './place.ts';
import { buildChild, startChild } from './processes.ts';

const actor = { kind: 'command', id: null, role: null } as const;
let place: StorePlace;
let program: string;
beforeAll(async () => {
  program = await buildChild();
});
afterAll(() => rmSync(program, { force: true }));
beforeEach(async () => {
  place = await storePlace('pglite');
});
afterEach(() => place.drop());

test('nothing is opened or made before the store is used', async () => {
  const store = openStore({ folder: place.folder });
  await store.close();
  expect(existsSync(join(place.folder, 'store'))).toBe(false);
  await expect(store.readMetadata()).rejects.toMatchObject({ code: 'unavailable', message: /closed/ });
});

test('written data exists after closing and opening; the lock is released', async () => {
  const first = openStore({ folder: place.folder });
  await first.writeMetadata(0, { a: 1 }, actor);
  await first.close();
  const second = openStore({ folder: place.folder });
  expect(await second.readMetadata()).toEqual({ version: 1, metadata: { a: 1 } });
  await second.close();
  expect(existsSync(join(place.folder, 'store.lock'))).toBe(false);
}, 60_000);

/** Opens a database by the template in a process that is killed at one of its moves. */
const killedInMoves = `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const [template, folder, at] = process.argv.slice(1);
  const move = fs.renameSync;
  let moves = 0;
  fs.renameSync = (from, to) => {
    if (moves++ === Number(at)) process.kill(process.pid, 'SIGKILL');
    move(from, to);
  };
  syncBuiltinESMExports();
  const { openWithTemplate } = await import(template);
  await openWithTemplate(folder, async () => {});
`;
const templateModule = new URL('../../src/store/pglite/template.js', import.meta.url).href;

test('a process that was killed while it made the store leaves nothing that keeps the next one from it', async () => {
  const folder = join(place.folder, 'store');
  const aside = join(folder, 'foz.lock-unpacking');
  mkdirSync(join(aside, 'base'), { recursive: true });
  writeFileSync(join(aside, 'base', 'half'), 'half');
  // Each process but the first finds what the one before has left. The last one is killed before the version is moved.
  const last = packedNames().length - 1;
  for (const at of [0, 3, last]) {
    const given = ['--input-type=module', '-e', killedInMoves, templateModule, folder, String(at)];
    expect(spawnSync(process.execPath, given).signal).toBe('SIGKILL');
    expect(readdirSync(folder).filter((name) => !name.startsWith('foz.lock'))).toHaveLength(at);
    expect(existsSync(join(folder, 'PG_VERSION'))).toBe(false);
  }
  const store = openStore({ folder: place.folder });
  await store.writeMetadata(0, { a: 1 }, actor);
  await store.close();
  expect(readdirSync(folder).filter((name) => name.startsWith('foz.lock'))).toEqual([]);
  expect(existsSync(join(folder, 'base/half'))).toBe(false);
  const modes = ['base', 'PG_VERSION'].map((name) => statSync(join(folder, name)).mode & 0o777);
  expect(modes).toEqual([0o700, 0o600]);
}, 60_000);

/** The names at the top of the template of the build. */
function packedNames(): string[] {
  const entries = parseTar(gunzipSync(readFileSync(templateFile()!)));
  const names = entries.map(({ name }) => name.split('/').filter((part) => part !== '')[0]);
  return [...new Set(names)].filter((name) => name !== undefined);
}

test("a folder with somebody's files keeps them, also beside an interrupted unpacking", async () => {
  const folder = join(place.folder, 'store');
  const given = ['foz.lock-unpacking/PG_VERSION', 'foz.lock-unpacking/global', 'global', 'notes.txt'];
  for (const moved of [['base'], ['base', 'global'], ['base', 'global', 'notes.txt', 'PG_VERSION']]) {
    mkdirSync(join(folder, 'foz.lock-unpacking'), { recursive: true });
    for (const name of given) writeFileSync(join(folder, name), 'mine');
    writeFileSync(join(folder, 'foz.lock-moving'), JSON.stringify(moved));
    const opened = openWithTemplate(folder, async () => readdirSync(folder));
    expect(await opened).toEqual(expect.arrayContaining(['global', 'notes.txt']));
  }
  expect(existsSync(join(folder, 'PG_VERSION'))).toBe(false);
});

test('a template that does not open is removed, but neither the lock of the folder nor the folder of a disk', async () => {
  const folder = join(place.folder, 'store');
  const kept = ['foz.lock-held', 'lost+found'];
  mkdirSync(folder);
  for (const name of kept) writeFileSync(join(folder, name), '');
  const found: string[][] = [];
  const opened = openWithTemplate(folder, async () => {
    found.push(readdirSync(folder));
    if (found.length === 1) throw new Error('it does not open');
    return 'opened';
  });
  expect(await opened).toBe('opened');
  expect(found[0]).toEqual(expect.arrayContaining([...kept, 'PG_VERSION']));
  expect(found[1]!.sort()).toEqual(kept);
});

/** Runs `body` with a file system in memory, where this machine permits one. */
async function withDisk(size: string, body: (disk: string) => Promise<void>): Promise<void> {
  const disk = join(place.folder, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk], { stdio: 'pipe' });
  } catch (error) {
    console.warn(`Skipped: a disk of its own cannot be mounted here: ${(error as Error).message}`);
    return;
  }
  try {
    await body(disk);
  } finally {
    execFileSync('umount', ['-l', disk]);
  }
}

test('a folder on another disk than its parent is opened, mounted there or linked to', async () => {
  await withDisk('256m', async (disk) => {
    symlinkSync(disk, join(place.folder, 'store'));
    for (let version = 0; version < 2; version++) {
      const store = openStore({ folder: place.folder });
      expect(await store.writeMetadata(version, { a: version }, actor)).toBe(version + 1);
      await store.close();
    }
    expect(existsSync(join(disk, 'PG_VERSION'))).toBe(true);
    expect(existsSync(join(disk, 'foz.lock-held'))).toBe(true);
  });
}, 60_000);

test('a disk without room for the store is told as that, and keeps nothing of it', async () => {
  await withDisk('8m', async (disk) => {
    symlinkSync(disk, join(place.folder, 'store'));
    const store = openStore({ folder: place.folder });
    await expect(store.open()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^The store in .*store cannot be written: ENOSPC/),
    });
    await store.close();
    expect(readdirSync(disk).filter((name) => !name.startsWith('foz.lock'))).toEqual([]);
  });
}, 60_000);

test('only one at a time has the folder, in this process and in others', async () => {
  const folder = join(place.folder, 'store');
  const free = await lockStore(folder);
  const busy = { code: 'unavailable', message: expect.stringMatching(/open in another process/) };
  await expect(openStore({ folder: place.folder }).readMetadata()).rejects.toMatchObject(busy);
  const other = startChild(program, ['lock', '', folder]);
  expect(await other.ended).toMatchObject({
    code: 1,
    errors: expect.stringMatching(/open in another process/),
  });
  // The refused processes did not release the lock of the holder.
  expect(await startChild(program, ['lock', '', folder]).ended).toMatchObject({ code: 1 });
  free();
  const holder = startChild(program, ['lock', '', folder]);
  await until(() => holder.lines.length > 0);
  await expect(lockStore(folder)).rejects.toMatchObject({
    message: expect.stringMatching(new RegExp(`in another process: process ${holder.child.pid} on `)),
  });
  // A killed process leaves its lock file, and the next process takes the lock.
  holder.child.kill('SIGKILL');
  await holder.ended;
  expect(existsSync(`${folder}.lock`)).toBe(true);
  (await lockStore(folder))();
  expect(existsSync(`${folder}.lock`)).toBe(false);
});

test('a note of another machine holds as long as it is written again; those of processes of this one hold nothing', async () => {
  const folder = join(place.folder, 'store');
  const file = `${folder}.lock`;
  const since = new Date().toISOString();
  const lockOnce = async () => (await lockStore(folder))();
  writeFileSync(file, JSON.stringify({ pid: 1, host: `not-${hostname()}`, boot: 'other', since }));
  await expect(lockOnce()).rejects.toThrow(/open in another process: process 1 on not-.*, since 20/);
  // Lock files from the past or the future: the clock may have been set back after a former holder wrote them.
  for (const away of [-60_000, 25 * 86_400_000]) {
    writeFileSync(file, JSON.stringify({ pid: 1, host: `not-${hostname()}`, boot: 'other', since }));
    const then = new Date(Date.now() + away);
    utimesSync(file, then, then);
    await lockOnce();
  }
  // Ids of existing processes that do not hold the lock: the holder was killed, or ran in another container.
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  for (const holder of [
    { pid: process.pid, host: hostname(), boot, since },
    { pid: process.ppid, host: hostname(), boot, since },
    { pid: 1, host: 'a-container', boot, since },
    { pid: process.ppid, host: hostname() },
  ]) {
    writeFileSync(file, JSON.stringify(holder));
    await lockOnce();
  }
  writeFileSync(file, 'half a no');
  await lockOnce();
});

test('of many that take a lock over at once, one has it', async () => {
  const folder = join(place.folder, 'store');
  const killed = startChild(program, ['lock', '', folder]);
  await until(() => killed.lines.length > 0);
  const children = Array.from({ length: 5 }, () => startChild(program, ['lock', 'again', folder]));
  const locked = () => children.filter(({ lines }) => lines.includes('locked'));
  try {
    await until(() => children.every(({ lines }) => lines.includes('refused')), 30_000);
    killed.child.kill('SIGKILL');
    await killed.ended;
    await until(() => locked().length > 0, 30_000);
    // The others retry while the holder lives.
    const before = children.map(({ lines }) => lines.length);
    const rest = children.filter((child) => !locked().includes(child));
    await until(
      () => rest.every((child) => child.lines.length > before[children.indexOf(child)]! + 3),
      30_000,
    );
    expect(locked()).toHaveLength(1);
  } finally {
    for (const { child } of [killed, ...children]) child.kill('SIGKILL');
    await Promise.all(children.map(({ ended }) => ended));
  }
}, 120_000);

test('the lock of a mounted volume stands within it', () => {
  expect(lockFile('/proc')).toBe('/proc/foz.lock');
  expect(lockFile(place.folder)).toBe(`${place.folder}.lock`);
});

test('a folder that cannot be written is reported', async () => {
  const folder = join(place.folder, 'closed');
  mkdirSync(folder);
  chmodSync(folder, 0o555);
  const asNobody = process.getuid?.() === 0 ? { uid: 65534 } : {};
  chmodSync(place.folder, 0o755);
  const { code, errors } = await startChild(program, ['lock', '', join(folder, 'store')], asNobody).ended;
  expect(code).toBe(1);
  expect(errors).toMatch(/The store in .*closed\/store cannot be written: EACCES/);
  // A file is in the way of the folder.
  writeFileSync(join(place.folder, 'file'), '');
  await expect(openStore({ folder: join(place.folder, 'file') }).open()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/cannot be written/),
  });
});

test('damaged files are reported, and a retry works once they are restored', async () => {
  const first = openStore({ folder: place.folder });
  await first.writeMetadata(0, { a: 1 }, actor);
  await first.close();
  const control = join(place.folder, 'store/global/pg_control');
  const good = readFileSync(control);
  writeFileSync(control, Buffer.alloc(good.length, 1));
  const store = openStore({ folder: place.folder });
  await expect(store.readMetadata()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/cannot be opened, its files are damaged/),
  });
  writeFileSync(control, good);
  expect(await store.readMetadata()).toMatchObject({ version: 1 });
  await store.close();
}, 60_000);

test('a copy that takes the place of the removed folder is another store', async () => {
  const folder = join(place.folder, 'store');
  const first = openStore({ folder: place.folder });
  await first.writeMetadata(0, { a: 1 }, actor);
  await first.close();
  cpSync(folder, join(place.folder, 'copy'), { recursive: true });
  const store = openStore({ folder: place.folder });
  await store.open();
  rmSync(folder, { recursive: true });
  cpSync(join(place.folder, 'copy'), folder, { recursive: true });
  const reason = /^The store in .*store was replaced while Foz runs: restart Foz/;
  expect(store.lost).toMatch(reason);
  await expect(store.writeMetadata(1, { a: 2 }, actor)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(reason),
  });
  await store.close();
  const copy = openStore({ folder: place.folder });
  expect(await copy.readMetadata()).toEqual({ version: 1, metadata: { a: 1 } });
  await copy.close();
}, 60_000);

test('the event loop goes on while the store is opened', async () => {
  const store = openStore({ folder: place.folder });
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const start = performance.now();
  await store.open();
  const took = performance.now() - start;
  clearInterval(timer);
  await store.close();
  expect(longest).toBeLessThan(Math.max(250, took / 2));
}, 60_000);
