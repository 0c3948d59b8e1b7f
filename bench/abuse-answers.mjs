// Answers that are too long, and clients that do not read theirs.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** `answered`, or the code of the error; with its message where the scenario does not expect the code. */
function code({ errors }) {
  if (errors === undefined) return 'answered';
  const [{ extensions, message }] = errors;
  return ['limit-exceeded', 'timeout'].includes(extensions.code)
    ? extensions.code
    : `${extensions.code} (${message})`;
}

/** Counts the outcomes of several answers: `limit-exceeded 6`. */
function told(answers) {
  const counts = new Map();
  for (const one of answers) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([what, count]) => `${what} ${count}`).join(', ');
}

const wide = [
  'create table wide (id int primary key, text text not null)',
  "insert into wide select n, repeat('x', 400) from generate_series(1, 1300000) n",
];

export const longAnswers = {
  'long list': {
    what: '1.3 million rows of 400 bytes in one answer, default limits',
    heapMb: 512,
    mostMb: 700,
    tables: wide,
    run: async ({ ask }) => code(await ask('{ wide { id text } }')),
  },
  'six long lists': {
    what: 'the same six times at once',
    heapMb: 512,
    mostMb: 900,
    tables: wide,
    run: async ({ ask }) =>
      told(await Promise.all(Array.from({ length: 6 }, async () => code(await ask('{ wide { id text } }'))))),
  },
  'long value': {
    what: 'one text of 600 MB',
    heapMb: 512,
    mostMb: 400,
    tables: [
      'create table one (id int primary key, text text not null)',
      "insert into one values (1, repeat('x', 600000000))",
    ],
    run: async ({ ask }) =>
      told([code(await ask('{ one { id text } }')), code(await ask('{ one_by_pk(id: 1) { text } }'))]),
  },
  'many roots': {
    what: '1,600 aliased lists in one operation: how long does it keep others waiting?',
    heapMb: 512,
    mostMb: 500,
    tables: [
      'create table item (id int primary key, name text not null)',
      "insert into item select n, 'name ' || n from generate_series(1, 100) n",
    ],
    async run({ ask }) {
      const roots = Array.from({ length: 1600 }, (_, at) => `r${at}: item(limit: 20) { id name }`);
      const query = `{ ${roots.join(' ')} }`;
      let slowest = 0;
      let isOver = false;
      const asked = (async () => {
        const codes = [];
        for (let time = 0; time < 3; time++) codes.push(code(await ask(query)));
        isOver = true;
        return told(codes);
      })();
      while (!isOver) {
        const started = performance.now();
        await ask('{ __typename }');
        slowest = Math.max(slowest, performance.now() - started);
      }
      return `${await asked}; others waited ${Math.round(slowest)} ms at most`;
    },
  },
};

/** Asks over a socket and reads nothing of the answer. */
async function askAndRest(url, query) {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  const body = JSON.stringify({ query });
  socket.pause();
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

export const slowReaders = {
  'slow readers': {
    what: '40 clients ask for 40 MB each and read nothing',
    heapMb: 512,
    mostMb: 900,
    tables: [wide[0], "insert into wide select n, repeat('x', 400) from generate_series(1, 100000) n"],
    async run({ url, ask }) {
      const sockets = [];
      for (let at = 0; at < 40; at++) {
        sockets.push(await askAndRest(url, '{ wide { id text } }'));
        await sleep(100);
      }
      await sleep(8000);
      const one = code(await ask('{ wide(limit: 1) { id } }'));
      for (const socket of sockets) socket.destroy();
      return `another client: ${one}`;
    },
  },
};
