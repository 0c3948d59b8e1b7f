import type { OutputField } from '../../plan/index.ts';
import type { Sql } from '../sql.ts';

/** A compiled fetch before rendering: the statement, and how to read its rows. */
export interface CompiledFetch {
  readonly text: Sql;
  readonly out: readonly OutputField[];
  readonly parent?: number;
  readonly absent?: readonly unknown[];
}
