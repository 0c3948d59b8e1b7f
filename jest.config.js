const base = {
  testEnvironment: '<rootDir>/test/support/environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true },
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

/** Where processes, stores, listeners or embedded databases are started: nothing but Node is needed, but time. */
const started = [
  '/test/(?:cli|clients|control|databases|demo|execute|resolvers|scripts|serve|store|workflow)/',
  '/test/events/(?:subscriptions|sqlite-changes)',
  '/test/access/(?:concealed|over-http|role-graphs)\\.',
  '/test/auth/(?:fuzz|key-sets)',
  '/test/docs/(?:commands|examples)',
  '/test/graph/random\\.',
];
const servers = '\\.servers\\.test\\.ts$';

/**
 * Three suites: `unit` takes seconds, `integration` starts what Node alone can start, `servers` needs the databases that
 * `test/support/` starts.
 */
export default {
  // A busy machine is no failure; what must be quick says so itself.
  testTimeout: 60_000,
  // Modules of each test file stay in memory as long as the worker that ran it.
  workerIdleMemoryLimit: '1.5GB',
  testSequencer: '<rootDir>/test/support/sequencer.cjs',
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: [servers, '/node_modules/', ...started],
    },
    {
      ...base,
      displayName: 'integration',
      testRegex: started.map((part) => `${part}.*test\\.ts$`),
      testPathIgnorePatterns: [servers, '/node_modules/'],
    },
    {
      ...base,
      displayName: 'servers',
      testMatch: ['<rootDir>/test/**/*.servers.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
};
