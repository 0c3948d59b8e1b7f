import type { Knex } from 'knex';

/** The audit log. Its rows cannot be changed, and only retention may delete them. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('audit', (table) => {
    table.bigInteger('seq').primary();
    // Milliseconds since 1970.
    table.bigInteger('at').notNullable().index();
    for (const name of ['kind', 'outcome', 'actor_kind']) table.text(name).notNullable();
    for (const name of ['actor_id', 'role', 'key_id', 'address', 'request_id']) table.text(name);
    for (const name of ['operation', 'source', 'table_name']) table.text(name);
    table.text('record').notNullable();
    table.text('previous').notNullable();
    table.text('hash').notNullable();
    table.index(['actor_id', 'seq']);
    table.index(['key_id', 'seq']);
    table.index(['kind', 'seq']);
  });
  await db.schema.withSchema('foz').createTable('audit_state', (table) => {
    table.text('name').primary();
    table.bigInteger('seq').notNullable();
    table.text('hash').notNullable();
    table.bigInteger('at').notNullable();
    table.text('mac').notNullable();
  });
  await db.raw(refusal);
}

const refusal = `
create function foz.refuse_audit_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('foz.audit_retention', true) = 'on' then
    return old;
  end if;
  raise exception 'Records of the audit log cannot be changed or removed.' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_rows_stay before update or delete on foz.audit
  for each row execute function foz.refuse_audit_change();
create trigger audit_stays before truncate on foz.audit
  for each statement execute function foz.refuse_audit_change();
`;
