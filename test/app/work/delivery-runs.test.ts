import { deliveryRuns } from '../../../src/app/work/delivery-runs.ts';
import { LiveWorkflows } from '../../../src/control/index.ts';
import { Definitions } from '../../../src/workflow/runs/definitions.ts';

test('a delivery that is claimed before the workflows are stored waits for them', async () => {
  let store = () => {};
  const isStored = new Promise<void>((resolve) => {
    store = resolve;
  });
  const definitions = new Definitions({
    define: () => isStored.then(() => 1),
    definition: async () => null,
  });
  const workflows = new LiveWorkflows({
    graphs: {
      metadata: {
        tables: [],
        workflows: [{ name: 'ship', role: 'admin', steps: [{ id: 'a', kind: 'transform', value: 1 }] }],
      },
      onSwap: () => () => {},
    },
    runner: {
      define: (definition) => definitions.define(definition),
      forget: (name) => definitions.forget(name),
    },
    log: { warn() {}, info() {} } as never,
  });
  workflows.start();
  const runs = deliveryRuns(workflows, {
    start: async (workflow, _input, { id } = {}) => `${id} of version ${definitions.known(workflow).version}`,
  });
  const started = runs.start('ship', {}, { id: 'evt_1' });
  store();
  expect(await started).toBe('evt_1 of version 1');
  await expect(runs.start('other', {})).rejects.toThrow('There is no workflow "other".');
  workflows.close();
});
