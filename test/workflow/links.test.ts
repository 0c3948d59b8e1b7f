import { linkCases } from './links.cases.ts';

describe('embedded', () => linkCases('pglite'));
