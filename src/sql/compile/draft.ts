import type { Out } from '../../plan/index.ts';
import type { Sql } from '../sql.ts';

/** What a compiler of one fetch hands back: the statement before rendering, and how to read its rows. */
export interface Draft {
  readonly text: Sql;
  readonly out: readonly Out[];
  readonly parent?: number;
  readonly absent?: readonly unknown[];
}
