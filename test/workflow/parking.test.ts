import { storePlace } from '../store/place.ts';
import { workplace } from './workplace.ts';

test('what comes while a run is on its way to being parked makes it due at once', async () => {
  const place = await storePlace('pglite');
  const { jobs, runs, runner, close } = await workplace(place, async () => ({ data: null }));
  try {
    await jobs.addWorker('me');
    await runner.define({ name: 'w', steps: [{ id: 't', kind: 'transform', value: 1 }] });
    const claimed = async () => (await jobs.claim('me', ['run'], 1)).claims[0];
    const later = (event: { run: string } | { wait: string }) =>
      ({ kind: 'later', afterMs: 3_600_000, events: [event] }) as const;
    const wait = { id: 'wait', name: 'n', key: 'k' };
    await runner.start('w', null, { id: 'one' });

    const first = (await claimed())!;
    expect(await runs.take(first, wait)).toBeNull();
    await runs.signal({ id: 's', name: 'n', key: 'k', payload: '1' });
    await runs.record([{ claim: first, parent: null, steps: [], outcome: later({ wait: 'wait' }) }]);
    const second = (await claimed())!;
    expect([second.id, await runs.take(second, wait)]).toEqual(['one', '1']);

    await runner.start('w', null, { id: 'child' });
    const child = (await claimed())!;
    await runs.record([{ claim: child, parent: 'one', steps: [], outcome: { kind: 'done', output: '1' } }]);
    await runs.record([{ claim: second, parent: null, steps: [], outcome: later({ run: 'child' }) }]);
    const third = (await claimed())!;
    expect(third.id).toBe('one');

    // Nothing has come: it stays parked.
    await runs.record([{ claim: third, parent: null, steps: [], outcome: later({ wait: 'other' }) }]);
    expect(await claimed()).toBeUndefined();
  } finally {
    await close();
    await place.drop();
  }
}, 60_000);
