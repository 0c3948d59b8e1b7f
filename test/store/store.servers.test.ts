import { availability } from '../support/engines.ts';
import { storeCases } from './cases.ts';
import { changeLogCases } from './change-log.cases.ts';

const found = availability('postgres');
if ('reason' in found) describe.skip(`PostgreSQL (not run: ${found.reason})`, () => storeCases('postgres'));
else {
  describe('PostgreSQL', () => storeCases('postgres'));
  describe('PostgreSQL, changes', () => changeLogCases('postgres'));
}
