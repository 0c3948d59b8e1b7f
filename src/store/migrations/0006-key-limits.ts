import type { Knex } from 'knex';

/** Limits of API keys besides their rate, as JSON. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').alterTable('api_keys', (table) => {
    table.text('limits');
  });
}
