-- The support desk, in SQL Server's idiom. Its rows refer to the shop by key, without foreign keys.
create table agents (
  id int identity constraint agents_pkey primary key,
  name nvarchar(60) not null,
  email nvarchar(80) not null constraint agents_email_key unique,
  languages nvarchar(40),
  hired_on date not null,
  active bit not null default 1
);

create table tickets (
  id int identity constraint tickets_pkey primary key,
  customer_id bigint,
  order_id int,
  agent_id int,
  subject nvarchar(80) not null,
  priority varchar(60) not null default 'normal' check (priority in ('high', 'low', 'normal')),
  hours decimal(6, 2) not null default 0,
  opened_at datetime2(0) not null,
  closed_at datetime2(0),
  constraint tickets_agent_id_fkey foreign key (agent_id) references agents (id)
);
create index tickets_customer_idx on tickets (customer_id);

create table ticket_messages (
  ticket_id int not null,
  position smallint not null,
  from_agent bit not null default 0,
  body nvarchar(max) not null,
  sent_at datetimeoffset(0) not null,
  constraint ticket_messages_pkey primary key (ticket_id, position),
  constraint ticket_messages_ticket_id_fkey foreign key (ticket_id) references tickets (id) on delete cascade
);

create table product_notes (
  id int identity constraint product_notes_pkey primary key,
  order_id int,
  line_no smallint,
  sku nvarchar(20),
  severity smallint not null default 1,
  note nvarchar(120) not null
);
create index product_notes_item_idx on product_notes (order_id, line_no);

create table satisfaction (
  customer_id int constraint satisfaction_pkey primary key,
  score decimal(4, 2) not null,
  comment nvarchar(120),
  asked_on date not null
);

exec('create view open_tickets as
  select t.id, t.customer_id, t.subject, t.priority, t.opened_at, a.name as agent
  from tickets t left join agents a on a.id = t.agent_id
  where t.closed_at is null');
