import { Random } from './random.ts';
import { type Cell, type Rows, sizes } from './shop.ts';
import { firstNames, lastNames, replies, subjects } from './words.ts';

/** Tables of the support desk, for SQLite. */
export const supportTables: readonly string[] = [
  `create table agents (id INTEGER PRIMARY KEY, full_name VARCHAR(120) NOT NULL, email VARCHAR(200) NOT NULL UNIQUE, on_duty BOOLEAN NOT NULL DEFAULT 0)`,
  `create table tickets (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, agent_id INTEGER REFERENCES agents, subject VARCHAR(200) NOT NULL,
    priority TEXT NOT NULL DEFAULT 'normal' CHECK (priority IN ('high', 'low', 'normal', 'urgent')),
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('closed', 'open', 'waiting')),
    opened_at TIMESTAMP NOT NULL, closed_at TIMESTAMP, details JSON)`,
  'create index tickets_customer on tickets (customer_id)',
  'create index tickets_agent on tickets (agent_id)',
  `create table ticket_messages (
    ticket_id INTEGER NOT NULL REFERENCES tickets, number SMALLINT NOT NULL, from_customer BOOLEAN NOT NULL, body TEXT NOT NULL,
    sent_at TIMESTAMP NOT NULL, PRIMARY KEY (ticket_id, number))`,
  `create table item_notes (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, line_no SMALLINT NOT NULL, ticket_id INTEGER REFERENCES tickets,
    note TEXT NOT NULL, refund DECIMAL(10,2))`,
  'create index item_notes_item on item_notes (order_id, line_no)',
  `create table satisfaction (
    customer_id INTEGER PRIMARY KEY, score DOUBLE NOT NULL, surveyed_on DATE NOT NULL)`,
  `create view open_tickets as select id, customer_id, subject, priority, opened_at from tickets where state <> 'closed'`,
];

/** All rows of the support desk. Customers and order items are those of the shop. */
export function supportRows(shop: Rows): Rows {
  const random = new Random(20231105);
  const rows = new Map<string, Cell[][]>();
  rows.set('agents', agentRows(random));
  const { tickets, messages } = ticketRows(random);
  rows.set('tickets', tickets);
  rows.set('ticket_messages', messages);
  rows.set('item_notes', noteRows(random, shop.get('order_items')!));
  rows.set('satisfaction', satisfactionRows(random));
  return rows;
}

function agentRows(random: Random): Cell[][] {
  return Array.from({ length: 24 }, (_, index) => {
    const name = `${random.pick(firstNames)} ${random.pick(lastNames)}`;
    return [
      index + 1,
      name,
      `${name.toLowerCase().replace(' ', '.')}.${index + 1}@support.example.org`,
      random.chance(0.5),
    ];
  });
}

function ticketRows(random: Random): { tickets: Cell[][]; messages: Cell[][] } {
  const tickets: Cell[][] = [];
  const messages: Cell[][] = [];
  for (let id = 1; id <= sizes.tickets; id++) {
    const opened = random.moment('2022-02-01', '2024-12-31');
    const state = random.pick(['closed', 'closed', 'closed', 'open', 'waiting']);
    const after = (hours: number) =>
      new Date(Date.parse(`${opened}Z`) + hours * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    const agent = state === 'open' && random.chance(0.6) ? null : random.between(1, 24);
    const details = random.chance(0.4)
      ? { json: { channel: random.pick(['mail', 'phone', 'chat']), attempts: random.between(1, 4) } }
      : null;
    tickets.push([
      id,
      random.between(1, sizes.customers),
      agent,
      random.pick(subjects),
      random.pick(['high', 'low', 'normal', 'normal', 'urgent']),
      state,
      after(0),
      state === 'closed' ? after(random.between(2, 200)) : null,
      details,
    ]);
    for (let number = 1, count = random.between(1, 4); number <= count; number++)
      messages.push([id, number, number % 2 === 1, random.pick(replies), after(number)]);
  }
  return { tickets, messages };
}

function noteRows(
  random: Random,
  items: Rows extends ReadonlyMap<string, infer List> ? List : never,
): Cell[][] {
  return Array.from({ length: 900 }, (_, index) => {
    const item = random.pick(items);
    const refund = random.chance(0.5) ? random.money(1, 80) : null;
    return [
      index + 1,
      item[0]!,
      item[1]!,
      random.chance(0.7) ? random.between(1, sizes.tickets) : null,
      random.pick(replies),
      refund,
    ];
  });
}

function satisfactionRows(random: Random): Cell[][] {
  const rows: Cell[][] = [];
  for (let customer = 1; customer <= sizes.customers; customer++) {
    if (random.chance(0.4))
      rows.push([
        customer,
        random.between(4, 20) / 4,
        random.moment('2023-01-01', '2024-12-31').slice(0, 10),
      ]);
  }
  return rows;
}
