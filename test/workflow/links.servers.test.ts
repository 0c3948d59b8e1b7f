import { availability } from '../support/engines.ts';
import { linkCases } from './links.cases.ts';

const found = availability('postgres');
const describeShared = 'reason' in found ? describe.skip : describe;

describeShared('shared', () => linkCases('postgres'));
