export type { Lexis } from './cut.ts';
export { jsonOf } from './json-of.ts';
export { type NativeEngine, nativeSql } from './native-sql.ts';
