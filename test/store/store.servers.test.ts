import { availability } from '../support/engines.ts';
import { storeCases } from './cases.ts';

const found = availability('postgres');
if ('reason' in found) describe.skip(`PostgreSQL (not run: ${found.reason})`, () => storeCases('postgres'));
else describe('PostgreSQL', () => storeCases('postgres'));
