import { graphql } from 'relay-runtime';

// A page of a connection. Relay stores each row by its `node_id`.
graphql`
  query ordersPageQuery($first: Int!, $after: String) {
    orders_connection(first: $first, after: $after, where: { id: { _lte: 5 } }, order_by: { id: asc })
      @connection(key: "orders_orders_connection", filters: []) {
      edges {
        node {
          id
          ...orders_order
        }
      }
      pageInfo {
        endCursor
      }
    }
  }
`;

// A refetchable row: Relay generates the query node(node_id: $node_id).
graphql`
  fragment orders_order on orders @refetchable(queryName: "ordersRefetchQuery") {
    note
    total
    customer {
      name
    }
  }
`;

graphql`
  mutation ordersRenameMutation($id: Int!, $note: String) {
    update_orders_by_pk(pk_columns: { id: $id }, _set: { note: $note }) {
      note
    }
  }
`;

graphql`
  mutation ordersAddMutation($total: numeric!) {
    insert_orders_one(object: { customer_id: 1, total: $total, placed_on: "2024-01-01" }) {
      id
    }
  }
`;

graphql`
  subscription ordersNoteSubscription($id: Int!) {
    orders_by_pk(id: $id) {
      note
    }
  }
`;
