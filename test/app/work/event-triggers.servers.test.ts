import { describeEngines } from '../../support/engines.ts';
import { triggerCases } from './event-triggers.cases.ts';

const methods = [
  ['postgres', 'log', 'postgres'],
  ['mariadb', 'log', 'postgres'],
] as const;

for (const [engine, method, kind] of methods)
  describeEngines([engine], () =>
    describe(`${method}, store ${kind}`, () => triggerCases(engine, method, kind)),
  );
