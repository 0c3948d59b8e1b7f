/** A ready-made operation for the console. */
export interface Sample {
  readonly title: string;
  readonly description: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

export const samples: readonly Sample[] = [
  {
    title: 'Two databases in one query',
    description:
      'Customers live in PostgreSQL, their tickets in SQLite: one relationship leads from the one to the other.',
    query: `query CustomersWithTickets($country: String!) {
  customers(where: { addresses: { country: { _eq: $country } } }, order_by: { full_name: asc }, limit: 5) {
    id
    full_name
    orders(order_by: { placed_at: desc }, limit: 2) {
      id
      status
      placed_at
    }
    tickets(order_by: { opened_at: desc }, limit: 3) {
      subject
      state
      agent { full_name }
    }
  }
}`,
    variables: { country: 'DE' },
  },
  {
    title: 'Filter and sort across databases',
    description:
      'Customers of the shop who have an urgent open ticket at the support desk, the least satisfied first.',
    query: `{
  customers(
    where: { tickets: { priority: { _eq: urgent }, state: { _neq: closed } } }
    order_by: [{ satisfaction: { score: asc_nulls_last } }, { id: asc }]
    limit: 10
  ) {
    id
    full_name
    satisfaction { score surveyed_on }
    tickets_aggregate { aggregate { count } }
  }
}`,
  },
  {
    title: 'Revenue by month',
    description: 'Grouped by month in the database, with a filter on the groups.',
    query: `{
  payments_aggregate(where: { paid_at: { _gte: "2024-01-01" } }) {
    aggregate { count sum { amount } }
    group_by(keys: [{ column: paid_at, bucket: month }], order_by: [{ group_key: { paid_at: asc } }]) {
      group_key { paid_at }
      aggregate { count sum { amount } avg { amount } }
    }
  }
}`,
  },
  {
    title: 'A deep tree',
    description: 'Categories, their products, their latest reviews and who wrote them: one statement.',
    query: `{
  categories(where: { parent: { name: { _eq: "Coffee" } } }) {
    name
    parent { name }
    products(order_by: { price: desc }, limit: 3) {
      name
      price
      attributes(path: "$.color")
      reviews(order_by: { written_at: desc }, limit: 2) { stars body customer { full_name } }
      reviews_aggregate { aggregate { count avg { stars } } }
    }
  }
}`,
  },
  {
    title: 'From a ticket back to the order',
    description: 'A note at the support desk points at one line of an order by a composite key.',
    query: `{
  item_notes(where: { refund: { _gt: "70.00" } }, order_by: { refund: desc }, limit: 5) {
    note
    refund
    ticket { subject }
    order_item { quantity unit_price product { name } order { placed_at customer { full_name } } }
  }
}`,
  },
  {
    title: 'Upsert',
    description: 'Inserts a review, or replaces the one that this customer wrote of this product.',
    query: `mutation Review($review: reviews_insert_input!) {
  insert_reviews_one(object: $review, on_conflict: { constraint: reviews_pkey, update_columns: [stars, body, written_at] }) {
    stars
    body
    product { name reviews_aggregate { aggregate { count avg { stars } } } }
  }
}`,
    variables: {
      review: {
        product_id: 1,
        customer_id: 1,
        stars: 5,
        body: 'Even better the second time.',
        written_at: '2025-01-01T12:00:00Z',
      },
    },
  },
  {
    title: 'Live: customers and their tickets',
    description:
      'A subscription: run it, then change a ticket in another tab, or by any program. It leads from PostgreSQL into SQLite and sees changes in both.',
    query: `subscription Live {
  customers(where: { id: { _lte: 3 } }, order_by: { id: asc }) {
    full_name
    tickets(order_by: { opened_at: desc }, limit: 2) {
      subject
      state
    }
  }
}`,
  },
];
