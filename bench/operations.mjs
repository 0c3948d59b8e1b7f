// Each operation as the contestants spell it. Variables: see load.mjs. Answers have the same shape, or `shape` converts them.

const order = 'id customer_id status placed_at total';
const withoutMicroseconds = (data) => JSON.parse(JSON.stringify(data).replaceAll('.000000"', '"'));

export const operations = {
  'by key': {
    variables: [['id', 1, 20000]],
    foz: `query ($id: Int!) { orders_by_pk(id: $id) { ${order} } }`,
    apollo: `query ($id: Int!) { orders_by_pk(id: $id) { ${order} } }`,
    postgraphile:
      'query ($id: Int!) { orders_by_pk: orderByRowId(rowId: $id) { id: rowId customer_id: customerId status placed_at: placedAt total } }',
    shape: { postgraphile: withoutMicroseconds },
  },
  'list of 100': {
    variables: [['from', 0, 19000]],
    foz: `query ($from: Int!) { orders(where: {id: {_gt: $from}}, order_by: {id: asc}, limit: 100) { ${order} } }`,
    apollo: `query ($from: Int!) { orders(from: $from, limit: 100) { ${order} } }`,
    postgraphile:
      'query ($from: Int!) { orders: allOrdersList(filter: {rowId: {greaterThan: $from}}, orderBy: ROW_ID_ASC, first: 100) { id: rowId customer_id: customerId status placed_at: placedAt total } }',
    shape: { postgraphile: withoutMicroseconds },
  },
  'nest 10x10x10': {
    variables: [['from', 0, 1900]],
    foz: 'query ($from: Int!) { customers(where: {id: {_gt: $from}}, order_by: {id: asc}, limit: 10) { id name orders(order_by: {id: asc}, limit: 10) { id status total order_lines(order_by: {id: asc}, limit: 10) { id quantity price } } } }',
    apollo:
      'query ($from: Int!) { customers(from: $from, limit: 10) { id name orders(limit: 10) { id status total order_lines(limit: 10) { id quantity price } } } }',
    postgraphile:
      'query ($from: Int!) { customers: allCustomersList(filter: {rowId: {greaterThan: $from}}, orderBy: ROW_ID_ASC, first: 10) { id: rowId name orders: ordersByCustomerIdList(orderBy: ROW_ID_ASC, first: 10) { id: rowId status total order_lines: orderLinesByOrderIdList(orderBy: ROW_ID_ASC, first: 10) { id: rowId quantity price } } } }',
  },
  '50 rows, two to-one hops': {
    variables: [['from', 0, 190000]],
    foz: 'query ($from: Int!) { order_lines(where: {id: {_gt: $from}}, order_by: {id: asc}, limit: 50) { id quantity price product { id name } order { id status customer { id name city } } } }',
    apollo:
      'query ($from: Int!) { order_lines(from: $from, limit: 50) { id quantity price product { id name } order { id status customer { id name city } } } }',
    postgraphile:
      'query ($from: Int!) { order_lines: allOrderLinesList(filter: {rowId: {greaterThan: $from}}, orderBy: ROW_ID_ASC, first: 50) { id: rowId quantity price product: productByProductId { id: rowId name } order: orderByOrderId { id: rowId status customer: customerByCustomerId { id: rowId name city } } } }',
  },
  'filtered aggregate': {
    variables: [['id', 1, 2000]],
    foz: 'query ($id: Int!) { orders_aggregate(where: {customer_id: {_eq: $id}, status: {_neq: "cart"}}) { aggregate { count sum { total } max { total } } } }',
    apollo:
      'query ($id: Int!) { orders_aggregate(customer_id: $id, status_not: "cart") { aggregate { count sum { total } max { total } } } }',
    postgraphile:
      'query ($id: Int!) { orders_aggregate: allOrders(filter: {customerId: {equalTo: $id}, status: {notEqualTo: "cart"}}) { totalCount aggregates { sum { total } max { total } } } }',
    shape: {
      postgraphile: ({ orders_aggregate: { totalCount, aggregates } }) => ({
        orders_aggregate: { aggregate: { count: totalCount, ...aggregates } },
      }),
    },
  },
  'group by': {
    variables: [
      ['from', 1, 900],
      ['to', 901, 1000],
    ],
    foz: 'query ($from: Int!, $to: Int!) { orders_aggregate(where: {customer_id: {_between: [$from, $to]}}) { group_by(keys: [{column: status}]) { group_key { status } aggregate { count sum { total } } } } }',
    apollo:
      'query ($from: Int!, $to: Int!) { orders_aggregate(customer_from: $from, customer_to: $to) { group_by { group_key { status } aggregate { count sum { total } } } } }',
    postgraphile:
      'query ($from: Int!, $to: Int!) { orders_aggregate: allOrders(filter: {customerId: {greaterThanOrEqualTo: $from, lessThanOrEqualTo: $to}}) { groupedAggregates(groupBy: [STATUS]) { keys distinctCount { rowId } sum { total } } } }',
    anyOrder: true,
    shape: {
      postgraphile: ({ orders_aggregate: { groupedAggregates } }) => ({
        orders_aggregate: {
          group_by: groupedAggregates.map(({ keys, distinctCount, sum }) => ({
            group_key: { status: keys[0] },
            aggregate: { count: Number(distinctCount.rowId), sum },
          })),
        },
      }),
    },
  },
  insert: {
    variables: [['id', 'fresh']],
    foz: 'mutation ($id: Int!) { insert_events_one(object: {id: $id, kind: "click", amount: 3, note: "a note"}) { id kind } }',
    apollo:
      'mutation ($id: Int!) { insert_events_one(id: $id, kind: "click", amount: 3, note: "a note") { id kind } }',
    postgraphile:
      'mutation ($id: Int!) { createEvent(input: {event: {rowId: $id, kind: "click", amount: 3, note: "a note"}}) { event { id: rowId kind } } }',
    shape: { postgraphile: ({ createEvent }) => ({ insert_events_one: createEvent.event }) },
  },
  // PostGraphile has no upsert.
  upsert: {
    variables: [
      ['id', 1, 5000],
      ['amount', 1, 100],
    ],
    foz: 'mutation ($id: Int!, $amount: Int!) { insert_events_one(object: {id: $id, kind: "view", amount: $amount}, on_conflict: {constraint: events_pkey, update_columns: [amount]}) { id amount } }',
    apollo: 'mutation ($id: Int!, $amount: Int!) { upsert_event(id: $id, amount: $amount) { id amount } }',
    shape: { apollo: ({ upsert_event }) => ({ insert_events_one: upsert_event }) },
  },
};

/**
 * Lines in PostgreSQL, their orders in MySQL, and the customers of those orders in PostgreSQL. PostGraphile has no second source.
 */
export const crossOperations = {
  'cross-source join 50 x 2 hops': {
    variables: [['from', 0, 190000]],
    foz: 'query ($from: Int!) { order_lines(where: {id: {_gt: $from}}, order_by: {id: asc}, limit: 50) { id quantity price shop_order { id status shop_customer { id name city } } } }',
    apollo:
      'query ($from: Int!) { order_lines(from: $from, limit: 50) { id quantity price shop_order { id status shop_customer { id name city } } } }',
  },
};
