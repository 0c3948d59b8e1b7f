import { describeEngines } from '../../support/engines.ts';
import { hostileCases } from './hostile.cases.ts';
import { HostileBench, outcomeOf } from './hostile-bench.ts';

describeEngines(['postgres'], () => {
  let bench: HostileBench;
  beforeAll(async () => {
    bench = await HostileBench.open();
  }, 240_000);
  afterAll(() => bench.close());

  // A row that cannot be brought in step is reported, and keeps no other row waiting.
  test.each(hostileCases)(
    '$name',
    async (one) => {
      expect(await bench.run(one)).toEqual(outcomeOf(one));
      if (one.isLevel) expect(await bench.differences(one.name)).toEqual([]);
    },
    240_000,
  );
});
