import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildChild, type StoreProcess, startChild } from '../../store/processes.ts';
import { describeEngines } from '../../support/engines.ts';
import { pause, until } from '../../support/wait.ts';
import { patient } from '../postgres/support.ts';
import { changesTable, databaseOf, type Fixture, setUp } from './fixture.ts';
import { randomFrom } from './killed/random.ts';

/** How often a process is killed. `npm run soak` does it more often. */
const kills = Number(process.env.FOZ_SOAK_KILLS ?? 10);
const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

type Row = readonly unknown[] | null;
interface Entry {
  readonly position: string;
  readonly rows: readonly (readonly [op: string, old: Row, after: Row])[];
}

describeEngines(['postgres', 'sqlite', 'mysql', 'mariadb'], (engine) => {
  let it: Fixture;
  let folder: string;
  const running = new Set<StoreProcess>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'foz-kills-'));
    it = await databaseOf(engine);
    await it.connector.run(
      { text: 'create table k (id integer primary key, n integer not null, note varchar(40))', slots: [] },
      [],
      patient,
    );
    await setUp(it, 'k');
  }, 60_000);
  afterAll(async () => {
    for (const one of running) one.child.kill('SIGKILL');
    await Promise.all([...running].map(({ ended }) => ended));
    await it?.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (program: string, ...args: string[]) => {
    const started = startChild(program, [engine, it.location, ...args]);
    running.add(started);
    return started;
  };
  const kill = async (one: StoreProcess) => {
    one.child.kill('SIGKILL');
    // A killed program has no exit code; one that fails by itself has one.
    expect(await one.ended).toMatchObject({ code: null });
    running.delete(one);
  };
  const rowsOf = async (text: string) => (await it.connector.run({ text, slots: [] }, [], patient)).rows;

  test(`no change is lost, and those of a row are in order, however often writers and reader are killed (seed ${seed})`, async () => {
    const random = randomFrom(seed);
    const [reading, writing] = [await built('reader'), await built('writer')];
    const journal = join(folder, 'journal');
    let reader = start(reading, journal);
    const writers = [start(writing, String(seed)), start(writing, String(seed + 1))];
    for (let count = 0; count < kills; count++) {
      await pause(200 + random() * 800);
      const which = Math.floor(random() * 4);
      if (which < 2) {
        await kill(writers[which]!);
        writers[which] = start(writing, String(seed + 10 * count + which));
      } else {
        await kill(reader);
        reader = start(reading, journal);
      }
    }
    await until(() => existsSync(journal) && readFileSync(journal).length > 1000, 60_000);
    for (const writer of writers) await kill(writer);
    const outbox = changesTable(it);
    await until(async () => Number((await rowsOf(`select count(*) from ${outbox}`))[0]![0]) === 0, 60_000);
    await kill(reader);
    const entries = readFileSync(journal, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry);
    const stored = await rowsOf('select id, n, note from k order by id');
    expect(replayed(entries)).toEqual(stored.map((row) => row.map(String)));
  }, 600_000);
});

/** Builds a program that is killed. The engine of SQLite runs from a file of its own. */
async function built(name: string): Promise<string> {
  const entry = join(import.meta.dirname, 'killed', `${name}.ts`);
  const program = await buildChild(entry);
  const engine = resolve(import.meta.dirname, '../../../src/databases/sqlite/engine');
  cpSync(engine, join(dirname(program), 'engine'), { recursive: true });
  const own = join(dirname(program), `${name}-${process.pid}.mjs`);
  cpSync(program, own);
  return own;
}

/** The table after all changes. Each change must find the row as the one before it has left it; a batch that came twice is the same. */
function replayed(entries: readonly Entry[]): string[][] {
  const table = new Map<string, string>();
  const seen = new Map<string, string>();
  for (const { position, rows } of entries) {
    const text = JSON.stringify(rows);
    const before = seen.get(position);
    if (before !== undefined) {
      // Changes that were acknowledged may be deleted in part when the reader is killed: what comes again is the rest.
      expect(before.includes(text.slice(1, -1))).toBe(true);
      continue;
    }
    seen.set(position, text);
    for (const [op, old, after] of rows) {
      const id = String((old ?? after)![0]);
      expect([position, op, old === null ? undefined : JSON.stringify(old)]).toEqual([
        position,
        op,
        table.get(id),
      ]);
      if (after === null) table.delete(id);
      else table.set(id, JSON.stringify(after));
    }
  }
  return [...table.values()]
    .map((text) => (JSON.parse(text) as unknown[]).map(String))
    .sort(([a], [b]) => Number(a) - Number(b));
}
