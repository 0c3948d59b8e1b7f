import { connect } from 'node:net';
import { type AuthRequest, httpRequest } from '../../src/auth/index.ts';
import { Dice } from '../conformance/dice.ts';
import { MemoryEngine, serve } from '../serve/engine.ts';
import { close, fault, identify, randomRequest, replay, seed } from './forged.ts';
import { now } from './jwt.ts';

afterAll(close);

const body = '{"query":"{ hello }"}';
/** The number of requests (`FOZ_FUZZ_REQUESTS=100000` for a long run), the number of connections, and the number of pipelined requests on each. */
const [runs, sockets, ahead] = [Number(process.env.FOZ_FUZZ_REQUESTS ?? 20_000), 10, 50];

/** A header value in UTF-8 without control characters, within Node's limit on its length. */
const carried = (text: string) =>
  Buffer.from(text.replaceAll(/(?!\t)\p{Cc}/gu, '').slice(0, 3_000)).toString('latin1');

function written({ headers, rawHeaders, url = '' }: AuthRequest): string {
  const lines = [`POST ${url.slice(0, 3_000).replaceAll(/[^\x21-\x7e]/g, '_')} HTTP/1.1`];
  const raw = rawHeaders ?? (Object.entries(headers).flat() as string[]);
  if (!raw.includes('host')) lines.push('host: h');
  for (let at = 0; at < raw.length; at += 2) lines.push(`${raw[at]}: ${carried(raw[at + 1]!)}`);
  lines.push('content-type: application/json', `content-length: ${body.length}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Sends requests at once over one connection. Resolves with the statuses of the answers until it closes. */
function send(port: number, requests: readonly string[]): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const statuses: number[] = [];
    let rest = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      rest += chunk;
      for (;;) {
        const end = rest.indexOf('\r\n\r\n');
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0);
        if (end < 0 || rest.length < end + 4 + length) break;
        statuses.push(Number(rest.slice(9, 12)));
        rest = rest.slice(end + 4 + length);
      }
      if (statuses.length === requests.length) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(statuses));
    socket.write(requests.join(''), 'latin1');
  });
}

test(`${runs.toLocaleString('en')} requests over HTTP with credentials that were changed: none breaks anything, and none gets in that may not (${replay})`, async () => {
  let entered = 0;
  const faults: string[] = [];
  const server = await serve(
    new MemoryEngine(),
    {},
    {
      identify: async (incoming) => {
        const request = httpRequest(incoming);
        const session = await identify(request, now);
        entered++;
        const wrong = fault(request, session);
        if (wrong !== null) faults.push(`${wrong} for ${JSON.stringify(request)}`);
        return session;
      },
    },
  );
  const port = Number(new URL(server.url).port);
  const dice = new Dice(seed + 4);
  const counts: Record<number, number> = {};
  const batch = async () => {
    const requests = Array.from({ length: ahead }, () => written(randomRequest(dice)));
    const statuses = await send(port, requests);
    // A request that is not HTTP (400) and one that is too long (431) end the connection, so the answers to later ones are missing.
    if (![400, 431].includes(statuses.at(-1)!)) expect(statuses).toHaveLength(ahead);
    for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
    answered += statuses.length;
  };
  let answered = 0;
  while (answered < runs) await Promise.all(Array.from({ length: sockets }, batch));
  await server.close(0);
  expect(faults).toEqual([]);
  const { 400: broken = 0, 431: long = 0, ...others } = counts;
  expect(broken + long).toBeLessThan(runs / 100);
  expect(Object.keys(others)).toEqual(['200', '401', '403']);
  expect(counts[200]).toBe(entered);
  expect(entered).toBeGreaterThan(runs / 200);
  expect(entered).toBeLessThan(runs / 10);
}, 280_000);
