import { storeCases } from './cases.ts';

describe('embedded', () => storeCases('pglite'));
