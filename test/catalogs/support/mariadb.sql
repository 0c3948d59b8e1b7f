-- The support desk, in MariaDB's idiom. Its rows refer to the shop by key, without foreign keys.
create table agents (
  id int auto_increment primary key,
  name varchar(60) not null,
  email varchar(80) not null unique,
  languages varchar(40),
  hired_on date not null,
  active boolean not null default true
);

create table tickets (
  id int auto_increment primary key,
  customer_id bigint comment 'A customer of the shop; not all of them exist there any more.',
  order_id int,
  agent_id int,
  subject varchar(80) not null,
  priority enum('high', 'low', 'normal') not null default 'normal',
  hours decimal(6, 2) not null default 0,
  opened_at datetime not null,
  closed_at datetime,
  constraint tickets_agent_id_fkey foreign key (agent_id) references agents (id)
);
create index tickets_customer_idx on tickets (customer_id);

create table ticket_messages (
  ticket_id int not null,
  position smallint not null,
  from_agent boolean not null default false,
  body text not null,
  sent_at timestamp not null,
  primary key (ticket_id, position),
  constraint ticket_messages_ticket_id_fkey foreign key (ticket_id) references tickets (id) on delete cascade
);

create table product_notes (
  id int auto_increment primary key,
  order_id int,
  line_no smallint,
  sku varchar(20),
  severity smallint not null default 1,
  note varchar(120) not null
);
create index product_notes_item_idx on product_notes (order_id, line_no);

create table satisfaction (
  customer_id int primary key,
  score decimal(4, 2) not null,
  comment varchar(120),
  asked_on date not null
);

create view open_tickets as
  select t.id, t.customer_id, t.subject, t.priority, t.opened_at, a.name as agent
  from tickets t left join agents a on a.id = t.agent_id
  where t.closed_at is null;
