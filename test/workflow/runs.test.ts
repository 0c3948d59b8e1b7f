import { runCases } from './runs.cases.ts';

describe('embedded', () => runCases('pglite'));
