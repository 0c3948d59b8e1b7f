import { availability } from '../support/engines.ts';
import { runCases } from './runs.cases.ts';

const found = availability('postgres');
if ('reason' in found) describe.skip(`PostgreSQL (not run: ${found.reason})`, () => runCases('postgres'));
else describe('PostgreSQL', () => runCases('postgres'));
