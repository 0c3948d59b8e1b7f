import { storeCases } from './cases.ts';
import { changeLogCases } from './change-log.cases.ts';

describe('embedded', () => storeCases('pglite'));
describe('embedded, changes', () => changeLogCases('pglite'));
