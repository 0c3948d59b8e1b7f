import type { Engine } from '../support/engines.ts';

/** The effect of a trigger on a written row, in SQL that all engines accept; `new.` precedes its columns. */
export type Action =
  /** The row is not written where the condition holds. MySQL and MariaDB have no such triggers. */
  | { readonly kind: 'skip'; readonly when: string }
  /** Columns get other values. */
  | { readonly kind: 'set'; readonly values: Readonly<Record<string, string>>; readonly when: string };

export interface Trigger {
  readonly table: string;
  readonly event: 'insert' | 'update' | 'delete';
  readonly action: Action;
  /** The row is changed once more after it was written. MySQL and MariaDB do not support this. */
  readonly late?: boolean;
}

/** The key of the rows that a late trigger changes. */
const key = 'id';

/** Whether the engine has triggers like this. */
export function canHave(engine: Engine, { action, late = false }: Trigger): boolean {
  if (engine === 'mysql' || engine === 'mariadb') return action.kind === 'set' && !late;
  // Triggers of SQLite can change a row only after it was written.
  return engine !== 'sqlite' || action.kind === 'skip' || late;
}

/** Statements that create a trigger; it is the only one of its table for the event. */
export function createTrigger(engine: Engine, trigger: Trigger): string[] {
  const { table, event, action, late = false } = trigger;
  const name = `${table}_${event}_${action.kind}${late ? '_late' : ''}`;
  const row = event === 'delete' ? 'old' : 'new';
  const pairs = action.kind === 'set' ? Object.entries(action.values) : [];
  const assigned = pairs.map(([column, value]) => `${column} = ${value}`).join(', ');
  const change = `update ${table} set ${assigned} where ${key} = new.${key} and ${action.when}`;
  const timing = late ? 'after' : 'before';
  if (engine === 'sqlite') {
    const body = action.kind === 'skip' ? `select raise(ignore) where ${action.when}` : change;
    return [`create trigger ${name} ${timing} ${event} on ${table} begin ${body}; end`];
  }
  if (engine === 'mysql' || engine === 'mariadb') {
    const set = pairs.map(([column, value]) => `set new.${column} = ${value};`).join(' ');
    return [
      `create trigger ${name} before ${event} on ${table} for each row begin if ${action.when} then ${set} end if; end`,
    ];
  }
  const set = late ? `${change};` : pairs.map(([column, value]) => `new.${column} := ${value};`).join(' ');
  const body = action.kind === 'skip' ? 'return null;' : set;
  return [
    `create function ${name}() returns trigger language plpgsql as $$ begin if ${action.when} then ${body} end if; return ${row}; end $$`,
    `create trigger ${name} ${timing} ${event} on ${table} for each row ${late ? 'when (pg_trigger_depth() = 0) ' : ''}execute function ${name}()`,
  ];
}

/** Statements that drop a trigger. */
export function dropTrigger(engine: Engine, { table, event, action, late = false }: Trigger): string[] {
  const name = `${table}_${event}_${action.kind}${late ? '_late' : ''}`;
  if (engine !== 'postgres' && engine !== 'pglite') return [`drop trigger ${name}`];
  return [`drop trigger ${name} on ${table}`, `drop function ${name}()`];
}
