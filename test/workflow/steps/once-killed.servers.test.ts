import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type StorePlace, storePlace, until } from '../../store/place.ts';
import { buildChild, startChild } from '../../store/processes.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';
import { availability } from '../../support/engines.ts';
import { type Workplace, workplace } from '../workplace.ts';

const found = availability('postgres');
const describeShared = 'reason' in found ? describe.skip : describe;

/** Runs that the killed process has under way. */
const runs = 8;

describeShared('a process that is killed between the commit of a write and its record', () => {
  let program: string;
  let place: StorePlace;
  let starter: Workplace;
  let database: TestDatabase;
  beforeAll(async () => {
    program = await buildChild(join(import.meta.dirname, 'once-child.ts'));
    place = await storePlace('postgres');
    starter = await workplace(place, async () => ({ data: null }));
    database = await freshDatabase('postgres', 'shop');
    await database.use((own) =>
      own.execute(
        'create table notes (id int primary key generated always as identity, run text not null); create table foz_once (id varchar(64) not null primary key, at bigint not null, answer text)',
      ),
    );
  }, 120_000);
  afterAll(async () => {
    await starter.close();
    await database.drop();
    await place.drop();
    rmSync(program, { force: true });
  });

  const written = () => database.use((own) => own.query('select id, run from notes order by id'));

  test.each([true, false])(
    'with once: %s',
    async (once) => {
      await database.use((own) => own.execute('delete from notes'));
      const name = `note_${once}`;
      await starter.runner.define({
        name,
        steps: [
          {
            ...{ id: 'add', kind: 'sql', source: 'shop', once },
            statement: 'insert into notes (run) values (:run) returning id',
            params: { run: '{% run.id %}' },
          },
        ],
      });
      const args = [place.url!, place.folder, database.location];
      const stuck = startChild(program, [...args, 'stuck']);
      await until(() => stuck.lines.length === 1);
      const ids = await Promise.all(Array.from({ length: runs }, () => starter.runner.start(name, null)));
      // All writes are committed, and none of their steps is recorded as done.
      await until(() => stuck.lines.length === 1 + runs);
      const before = await written();
      expect(before).toHaveLength(runs);
      const other = startChild(program, args);
      await until(() => other.lines.length === 1);
      stuck.child.kill('SIGKILL');
      await stuck.ended;
      const ended = async () =>
        (await starter.runs.list({ workflow: name, states: ['done'], limit: 100 })).length;
      await until(async () => (await ended()) === runs, 120_000);
      other.child.stdin!.end();
      await other.ended;
      const after = await written();
      expect(after.length).toBe(once ? runs : 2 * runs);
      if (!once) return;
      // The steps have the answers of the writes that were committed.
      for (const id of ids) {
        const { output } = (await starter.runs.show(id))!;
        const [row] = JSON.parse(output!).rows;
        expect(before.map(({ id: key, run }) => `${key} ${run}`)).toContain(`${row.id} ${id}`);
      }
    },
    180_000,
  );
});
