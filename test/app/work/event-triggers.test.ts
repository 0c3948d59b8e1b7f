import { triggerCases } from './event-triggers.cases.ts';

describe('SQLite, outbox, embedded store', () => triggerCases('sqlite', 'outbox', 'pglite'));
