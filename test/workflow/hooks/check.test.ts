import { hookFaults } from '../../../src/workflow/index.ts';

const hook = { name: 'paid', auth: { kind: 'none' } };
const signal = { name: 'payment', key: '{% body.order %}' };

test.each([
  [{ workflow: 'note' }, []],
  [{ signal }, []],
  [{}, ['needs either a "workflow" to start or a "signal" to give.']],
  [{ workflow: 'note', signal }, ['needs either a "workflow" to start or a "signal" to give.']],
  [{ signal, wait_ms: 5 }, ['/wait_ms has no meaning with a "signal": a call starts no run.']],
  [{ signal: { ...signal, keys: 1 } }, ['/signal has no setting "keys" (did you mean "key"?).']],
  [{ signal: { key: 1 } }, ['/signal needs "name".']],
  [{ signal, confirm: 'Really?' }, []],
  [{ signal, confirm: '{% ( %}' }, [expect.stringMatching(/^\/confirm /)]],
  [
    { signal, confirm: 'Really?', methods: ['GET'] },
    ['/methods must have GET and POST where there is a "confirm".'],
  ],
  [
    {
      ...{ signal, confirm: 'Really?' },
      auth: { kind: 'basic', username: 'a', passwords: [{ env: 'PASSWORD' }] },
    },
    [expect.stringMatching(/^\/auth must not be basic with a "confirm"/)],
  ],
])('%j', (more, faults) => {
  expect(hookFaults({ ...hook, ...more }).map(({ place, message }) => `${place} ${message}`.trim())).toEqual(
    faults,
  );
});
