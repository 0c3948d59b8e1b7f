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
])('%j', (more, faults) => {
  expect(hookFaults({ ...hook, ...more }).map(({ place, message }) => `${place} ${message}`.trim())).toEqual(
    faults,
  );
});
