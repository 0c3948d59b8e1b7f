import { migrationCases } from './migrate.cases.ts';

describe('embedded', () => migrationCases('pglite'));
