import type { Knex } from 'knex';

/** People who sign in: users, their identities at providers, their sessions; and providers that were added at run time. */
export async function up(db: Knex): Promise<void> {
  // A schema builder runs all of its steps each time, so each table gets its own.
  const schema = () => db.schema.withSchema('foz');
  await schema().createTable('providers', (table) => {
    table.text('name').primary();
    table.text('config').notNullable();
    table.bigInteger('revision').notNullable().defaultTo(1);
    table.timestamp('created_at').notNullable().defaultTo(db.fn.now());
    table.timestamp('updated_at').notNullable().defaultTo(db.fn.now());
  });
  await schema().createTable('users', (table) => {
    table.text('id').primary();
    table.text('name');
    table.text('email');
    // Whether a provider that is trusted for its domain has verified the address.
    table.boolean('email_trusted').notNullable().defaultTo(false);
    // Roles given by hand, beside those by the rules of providers.
    table.text('roles').notNullable().defaultTo('[]');
    table.timestamp('created_at').notNullable().defaultTo(db.fn.now());
    table.timestamp('last_signed_in_at');
    table.timestamp('disabled_at');
  });
  await db.raw('create index users_email on foz.users (lower(email)) where email_trusted');
  await schema().createTable('identities', (table) => {
    table.text('provider').notNullable();
    // The issuer of subjects: a provider that is set to another one must not take its subjects for those of the former.
    table.text('authority').notNullable();
    table.text('subject').notNullable();
    table.primary(['provider', 'authority', 'subject']);
    table.text('user_id').notNullable().references('id').inTable('foz.users').onDelete('cascade').index();
    table.text('name');
    table.text('email');
    table.boolean('email_verified').notNullable().defaultTo(false);
    table.text('roles').notNullable();
    table.text('default_role');
    table.text('variables').notNullable();
    table.timestamp('created_at').notNullable().defaultTo(db.fn.now());
    table.timestamp('last_signed_in_at').notNullable().defaultTo(db.fn.now());
  });
  await addSessions(db);
}

async function addSessions(db: Knex): Promise<void> {
  const schema = () => db.schema.withSchema('foz');
  await schema().createTable('sessions', (table) => {
    table.text('id').primary();
    table.text('hash').notNullable().unique();
    table.text('user_id').notNullable().references('id').inTable('foz.users').onDelete('cascade').index();
    table.text('provider').notNullable();
    table.text('authority').notNullable();
    table.text('subject').notNullable();
    // The session at the provider, by which the provider ends it.
    table.text('provider_session').index();
    table.text('end_hint');
    table.text('address');
    table.text('user_agent');
    table.timestamp('created_at').notNullable().defaultTo(db.fn.now());
    table.timestamp('last_used_at').notNullable().defaultTo(db.fn.now());
    table.timestamp('expires_at').notNullable().index();
    table.bigInteger('idle_ms').notNullable();
  });
  // Answers and messages of providers that count once.
  await schema().createTable('used_answers', (table) => {
    table.text('id').primary();
    table.timestamp('expires_at').notNullable().index();
  });
}
