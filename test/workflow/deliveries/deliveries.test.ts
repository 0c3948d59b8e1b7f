import { deliveryCases } from './deliveries.cases.ts';

describe('embedded', () => deliveryCases('pglite'));
