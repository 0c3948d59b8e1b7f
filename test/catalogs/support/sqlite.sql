-- The support desk, in SQLite's idiom. Its rows refer to the shop by key, without foreign keys.
create table agents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(60) not null,
  email VARCHAR(80) not null unique,
  languages VARCHAR(40),
  hired_on DATE not null,
  active BOOLEAN not null default true
);

create table tickets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer_id BIGINT,
  order_id INTEGER,
  agent_id INTEGER references agents (id),
  subject VARCHAR(80) not null,
  priority TEXT not null default 'normal' CHECK (priority IN ('high', 'low', 'normal')),
  hours DECIMAL(6, 2) not null default 0,
  opened_at TIMESTAMP not null,
  closed_at TIMESTAMP
);
create index tickets_customer_idx on tickets (customer_id);

create table ticket_messages (
  ticket_id INTEGER not null references tickets (id) on delete cascade,
  position SMALLINT not null,
  from_agent BOOLEAN not null default false,
  body TEXT not null,
  sent_at TIMESTAMPTZ not null,
  primary key (ticket_id, position)
);

create table product_notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  order_id INTEGER,
  line_no SMALLINT,
  sku VARCHAR(20),
  severity SMALLINT not null default 1,
  note VARCHAR(120) not null
);
create index product_notes_item_idx on product_notes (order_id, line_no);

create table satisfaction (
  customer_id INTEGER primary key,
  score DECIMAL(4, 2) not null,
  comment VARCHAR(120),
  asked_on DATE not null
);

create view open_tickets as
  select t.id, t.customer_id, t.subject, t.priority, t.opened_at, a.name as agent
  from tickets t left join agents a on a.id = t.agent_id
  where t.closed_at is null;
