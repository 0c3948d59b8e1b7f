export { caseOf } from './compile/labels.ts';
export { sqlConnector } from './connector.ts';
export type { Dialect, ScalarSpelling, ScalarSpellings } from './dialect.ts';
export type { Driver } from './driver.ts';
export { render, Sql, sql } from './sql.ts';
