import { availability } from '../../support/engines.ts';
import { receiverCases } from './receiver.cases.ts';

const found = availability('postgres');
if ('reason' in found)
  describe.skip(`PostgreSQL (not run: ${found.reason})`, () => receiverCases('postgres'));
else describe('PostgreSQL', () => receiverCases('postgres'));
