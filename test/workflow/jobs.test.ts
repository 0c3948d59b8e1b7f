import { jobCases } from './jobs.cases.ts';

describe('embedded', () => jobCases('pglite'));
