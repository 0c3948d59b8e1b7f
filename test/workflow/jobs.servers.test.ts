import { availability } from '../support/engines.ts';
import { jobCases } from './jobs.cases.ts';

const found = availability('postgres');
if ('reason' in found) describe.skip(`PostgreSQL (not run: ${found.reason})`, () => jobCases('postgres'));
else describe('PostgreSQL', () => jobCases('postgres'));
