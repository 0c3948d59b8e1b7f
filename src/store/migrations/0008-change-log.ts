import type { Knex } from 'knex';

/** The log of row changes: per source its state, the tables that are logged, and segments of changes. */
export async function up(db: Knex): Promise<void> {
  await db.schema.withSchema('foz').createTable('change_sources', (table) => {
    table.text('source').primary();
    // A source may get another database under its old name; this distinguishes them.
    table.text('identity').notNullable();
    table.text('method').notNullable();
    // `position`: the source was read up to it. `kept_after`: changes up to it were removed.
    table.text('position').notNullable();
    table.text('kept_after').notNullable();
    table.bigInteger('number').notNullable();
    table.integer('keep_seconds').notNullable();
    table.timestamp('used_at').notNullable().defaultTo(db.fn.now());
  });
  await db.schema.withSchema('foz').createTable('change_tables', (table) => {
    ofSource(table);
    // An empty text: the engine has no namespaces.
    for (const name of ['namespace', 'name']) table.text(name).notNullable();
    table.text('since').notNullable();
    table.timestamp('until').notNullable();
    table.primary(['source', 'namespace', 'name']);
  });
  await db.schema.withSchema('foz').createTable('change_log', (table) => {
    ofSource(table);
    table.bigInteger('number').notNullable();
    // NULL: its transaction goes on in the next segment.
    table.text('position');
    table.integer('bytes').notNullable();
    table.timestamp('at').notNullable().defaultTo(db.fn.now());
    table.text('body').notNullable();
    table.primary(['source', 'number']);
  });
}

function ofSource(table: Knex.CreateTableBuilder): void {
  table.text('source').notNullable().references('source').inTable('foz.change_sources').onDelete('CASCADE');
}
