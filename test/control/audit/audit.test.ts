import { auditCases } from './cases.ts';

describe('embedded', () => auditCases('pglite'));
