import 'graphiql/graphiql.css';
import './console.css';
import { GraphiQL } from 'graphiql';
import { getOperationAST } from 'graphql';
import { createClient } from 'graphql-ws';
import { StrictMode, useCallback, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Header } from './header.jsx';

/** Sends an operation to this server. A subscription gets an answer for each change. */
async function fetcher(operation, options) {
  if (isSubscription(options?.documentAST, operation.operationName))
    return subscribe(operation, options?.headers);
  const response = await fetch('./graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      ...options?.headers,
    },
    body: JSON.stringify(operation),
  });
  return response.json();
}

function isSubscription(document, name) {
  return getOperationAST(document ?? { definitions: [] }, name)?.operation === 'subscription';
}

/** Subscribes over a WebSocket, which closes with the subscription. */
function subscribe(operation, headers = {}) {
  const url = new URL('./graphql', location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return createClient({ url: url.href, connectionParams: { headers } }).iterate(operation);
}

const welcome =
  '# Write a query, or take one from "Samples" above.\n# Ctrl-Space completes, Ctrl-Enter runs.\n\n{\n  __typename\n}\n';

function Console() {
  const [samples, setSamples] = useState([]);
  const [shown, setShown] = useState({ key: 0, query: undefined, variables: undefined });
  const show = useCallback((sample) => {
    const variables = sample.variables === undefined ? '' : JSON.stringify(sample.variables, null, 2);
    setShown((before) => ({ key: before.key + 1, query: sample.query, variables }));
  }, []);
  useEffect(() => {
    fetch('./samples.json')
      .then((response) => response.json())
      .then((list) => {
        setSamples(list);
        if (list.length > 0) show(list[0]);
      })
      .catch(() => {});
  }, [show]);
  return (
    <div className="console">
      <Header samples={samples} onSample={show} />
      <main>
        <GraphiQL
          key={shown.key}
          fetcher={fetcher}
          defaultQuery={welcome}
          query={shown.query}
          variables={shown.variables}
          isHeadersEditorEnabled
          shouldPersistHeaders={false}
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
    </div>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <Console />
  </StrictMode>,
);
