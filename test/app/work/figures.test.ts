import { Registry } from 'prom-client';
import { WorkFigures } from '../../../src/app/work/figures.ts';
import { addWork } from '../../../src/serve/work-metrics.ts';

test('attempts and gaps are counted by endpoint and trigger', async () => {
  const figures = new WorkFigures({ counts: async () => [] }, { list: async () => [] });
  const registry = new Registry();
  addWork(registry, () => figures.read());
  figures.count('billing', 'failed');
  figures.count('billing', 'delivered');
  figures.countGap('moved');
  figures.countGap('moved');
  const text = await registry.metrics();
  expect(text).toContain('foz_delivery_attempts_total{endpoint="billing",result="delivered"} 1\n');
  expect(text).toContain('foz_event_trigger_gaps_total{trigger="moved"} 2\n');
  // Figures are read anew, not added up, each time.
  expect(await registry.metrics()).toBe(text);
});
