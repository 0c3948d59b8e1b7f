import type { Knex } from 'knex';

/** API keys. Each has its current secret and, while a rotation overlaps, former ones. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('api_keys', (table) => {
    table.text('id').primary();
    table.text('name').notNullable();
    table.text('description');
    table.text('owner').index();
    table.text('roles').notNullable();
    table.text('default_role');
    table.text('variables').notNullable().defaultTo('{}');
    table.text('scopes');
    table.text('networks');
    table.text('rate_limit');
    table.boolean('backend').notNullable().defaultTo(false);
    table.bigInteger('revision').notNullable().defaultTo(1);
    table.timestamp('created_at').notNullable().defaultTo(db.fn.now());
    table.timestamp('expires_at');
    table.timestamp('rotated_at');
    table.timestamp('revoked_at');
    table.timestamp('last_used_at');
    table.text('last_used_address');
  });
  await db.schema.withSchema('foz').createTable('api_key_secrets', (table) => {
    table.text('prefix').primary();
    table.text('key_id').notNullable().references('id').inTable('foz.api_keys').onDelete('cascade').index();
    table.text('hash').notNullable();
    table.timestamp('created_at').notNullable().defaultTo(db.fn.now());
    // The end of the overlap; null: valid as long as the key.
    table.timestamp('valid_until');
  });
  await db.raw(`create unique index api_keys_name on foz.api_keys (name) where revoked_at is null`);
}
