import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type StorePlace, storePlace, until } from '../../store/place.ts';
import { buildChild, type StoreProcess, startChild } from '../../store/processes.ts';
import { availability } from '../../support/engines.ts';
import { type Workplace, workplace } from '../workplace.ts';

const describeShared = 'reason' in availability('postgres') ? describe.skip : describe;

describeShared('a process that is killed after the commit of a run, before it answers', () => {
  let program: string;
  let place: StorePlace;
  let reader: Workplace;
  const children: StoreProcess[] = [];
  beforeAll(async () => {
    program = await buildChild(join(import.meta.dirname, 'child.ts'));
    place = await storePlace('postgres');
    reader = await workplace(place, async () => ({ data: null }));
  }, 120_000);
  afterAll(async () => {
    for (const { child } of children) child.kill('SIGKILL');
    await reader.close();
    await place.drop();
    rmSync(program, { force: true });
  });

  const send = (url: unknown, id: string) =>
    fetch(String(url), {
      ...{ method: 'POST', body: '{"amount":1}' },
      headers: { authorization: 'Bearer right', 'x-id': id, 'content-type': 'application/json' },
    });

  test('the sender repeats its call, and one run exists', async () => {
    const [stalled, other] = ['stall', 'answer'].map((mode) => {
      const started = startChild(program, [place.url!, place.folder, mode]);
      children.push(started);
      return started;
    });
    await until(() => stalled!.lines.length === 1 && other!.lines.length === 1, 120_000);
    const unanswered = send(stalled!.lines[0], 'one').then(
      ({ status }) => status,
      () => 'cut off',
    );
    await until(() => stalled!.lines.includes('committed'));
    stalled!.child.kill('SIGKILL');
    expect(await unanswered).toBe('cut off');
    const again = await send(other!.lines[0], 'one');
    const { run, duplicate } = (await again.json()) as { run: string; duplicate?: boolean };
    const runs = await reader.runs.list({ workflow: 'note', limit: 10 });
    expect({ status: again.status, duplicate, runs: runs.map(({ id }) => id) }).toEqual({
      ...{ status: 202, duplicate: true, runs: [run] },
    });
    other!.child.stdin!.end();
    await other!.ended;
  }, 180_000);
});
