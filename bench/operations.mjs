// Each operation in Foz's grammar, and its variables: [name, low, high] is a random whole number of each request.
export const operations = {
  'by key': {
    query: 'query ($id: Int!) { orders_by_pk(id: $id) { id customer_id status placed_at total } }',
    variables: [['id', 1, 20000]],
  },
  'list of 100': {
    query:
      'query ($from: Int!) { orders(where: {id: {_gt: $from}}, order_by: {id: asc}, limit: 100) { id customer_id status placed_at total } }',
    variables: [['from', 0, 19000]],
  },
  'nest 10x10x10': {
    query:
      'query ($from: Int!) { customers(where: {id: {_gt: $from}}, order_by: {id: asc}, limit: 10) { id name orders(order_by: {id: asc}, limit: 10) { id status total order_lines(order_by: {id: asc}, limit: 10) { id quantity price } } } }',
    variables: [['from', 0, 1900]],
  },
  '50 rows, two to-one hops': {
    query:
      'query ($from: Int!) { order_lines(where: {id: {_gt: $from}}, order_by: {id: asc}, limit: 50) { id quantity price product { id name } order { id status customer { id name city } } } }',
    variables: [['from', 0, 190000]],
  },
  'filtered aggregate': {
    query:
      'query ($id: Int!) { orders_aggregate(where: {customer_id: {_eq: $id}, status: {_neq: "cart"}}) { aggregate { count sum { total } max { placed_at } } } }',
    variables: [['id', 1, 2000]],
  },
  'group by': {
    query:
      'query ($from: Int!, $to: Int!) { orders_aggregate(where: {customer_id: {_between: [$from, $to]}}) { group_by(keys: [{column: status}]) { group_key { status } aggregate { count sum { total } } } } }',
    variables: [
      ['from', 1, 900],
      ['to', 901, 1000],
    ],
  },
  insert: {
    query:
      'mutation ($id: Int!) { insert_events_one(object: {id: $id, kind: "click", amount: 3, note: "a note"}) { id kind } }',
    variables: [['id', 1, 2147483647]],
    write: true,
  },
  upsert: {
    query:
      'mutation ($id: Int!, $amount: Int!) { insert_events_one(object: {id: $id, kind: "view", amount: $amount}, on_conflict: {constraint: events_pkey, update_columns: [amount]}) { id amount } }',
    variables: [
      ['id', 1, 5000],
      ['amount', 1, 100],
    ],
    write: true,
  },
};
