import { oneWayCases } from './one-way.cases.ts';

describe('SQLite to SQLite, embedded store', () => oneWayCases('sqlite', 'sqlite', 'pglite'));
