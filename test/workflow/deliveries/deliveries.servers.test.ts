import { availability } from '../../support/engines.ts';
import { deliveryCases } from './deliveries.cases.ts';

const found = availability('postgres');
if ('reason' in found)
  describe.skip(`PostgreSQL (not run: ${found.reason})`, () => deliveryCases('postgres'));
else describe('PostgreSQL', () => deliveryCases('postgres'));
