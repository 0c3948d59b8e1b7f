const { relative } = require('node:path');
const { default: TestSequencer } = require('@jest/test-sequencer');

/**
 * Seconds of the slow test files of a whole run. `npm test` with FOZ_TEST_UPDATE=1 stores them anew.
 * @type {Readonly<Record<string, number>>}
 */
const seconds = require('./slow-files.json');

/**
 * Starts the longest test files first, so that all workers are busy to the end. Jest does so where it has run them before; in a fresh
 * checkout it would go by the sizes of the files.
 */
module.exports = class LongestFirst extends TestSequencer {
  /**
   * @override
   * @param {Parameters<InstanceType<typeof TestSequencer>['sort']>[0]} tests
   */
  async sort(tests) {
    const sorted = await super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted;
    /** @param {(typeof sorted)[number]} test */
    const known = (test) => seconds[relative(test.context.config.rootDir, test.path)] ?? 0;
    return sorted.sort((a, b) => known(b) - known(a));
  }
};
