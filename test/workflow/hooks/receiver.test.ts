import { receiverCases } from './receiver.cases.ts';

describe('embedded', () => receiverCases('pglite'));
