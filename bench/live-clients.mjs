// Subscribers over WebSockets (graphql-transport-ws).
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './processes.mjs';

const require = createRequire(join(root, 'package.json'));
const { WebSocket } = require('ws');

/** Opens a WebSocket; `onAnswer` is called with the id of the operation. */
export async function openSocket(port, onAnswer) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  await new Promise((resolve) => {
    socket.on('message', (data) => {
      const text = String(data);
      if (text.startsWith('{"type":"connection_ack"')) return resolve();
      if (text.startsWith('{"type":"ping"')) return socket.send('{"type":"pong"}');
      const id = /"id":"([^"]+)"/.exec(text)?.[1];
      if (/"type":"next"/.test(text)) onAnswer(id);
      else if (!/"type":"pong"/.test(text)) {
        console.error(text.slice(0, 300));
        process.exit(1);
      }
    });
    socket.send('{"type":"connection_init"}');
  });
  return socket;
}

/** Subscribes on a socket. */
export function subscribe(socket, id, query, variables) {
  socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }));
}
