import type { Knex } from 'knex';

/** Limits of API keys besides the rate limit, as JSON. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').alterTable('api_keys', (table) => {
    table.text('limits');
  });
}
