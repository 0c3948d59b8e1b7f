import type { Knex } from 'knex';

/** The tables that each process watches, for the process that reads their source. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('change_watches', (table) => {
    // An empty namespace: the engine has none.
    for (const name of ['source', 'process', 'namespace', 'name']) table.text(name).notNullable();
    // Whether whole rows are needed; otherwise only the values of `columns`, a JSON list.
    table.boolean('rows').notNullable();
    table.text('columns').notNullable();
    // Whether the reading process has confirmed that it logs the changes of the table.
    table.boolean('seen').notNullable().defaultTo(false);
    table.timestamp('until').notNullable();
    table.primary(['source', 'process', 'namespace', 'name']);
  });
}
