import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, fetchExchange, gql, mapExchange, type OperationResult } from '@urql/core';
import { urqlDeltas } from 'foz/client';

// How urql reads responses is tested here, so the server sends what a test wants, in the form of Foz.
const streams: ServerResponse[] = [];
let noteStream = () => {};
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  streams.push(response);
  noteStream();
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;

/** The response stream of the next request. */
async function nextStream(): Promise<ServerResponse> {
  while (streams.length === 0)
    await new Promise<void>((resolve) => {
      noteStream = resolve;
    });
  return streams.shift()!;
}
const send = (stream: ServerResponse, payload: object) =>
  stream.write(`event: next\ndata: ${JSON.stringify(payload)}\n\n`);
const whole = (revision: number, value: number) => ({ data: { value }, extensions: { delta: { revision } } });
const patch = (revision: number, value: number) => ({
  extensions: { delta: { revision, patch: [{ op: 'replace', path: '/value', value }] } },
});

const client = new Client({
  url,
  preferGetMethod: false,
  fetchSubscriptions: true,
  exchanges: [mapExchange(urqlDeltas()), fetchExchange],
});

/** A subscription, and the results that it got. */
function subscribed(name: string) {
  const results: OperationResult<{ value: number }>[] = [];
  let wake = () => {};
  const { unsubscribe } = client.subscription(gql`subscription ${name} { value }`, {}).subscribe((result) => {
    results.push(result);
    wake();
  });
  return {
    unsubscribe,
    async next(): Promise<OperationResult<{ value: number }>> {
      while (results.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return results.shift()!;
    },
  };
}
type Subscribed = ReturnType<typeof subscribed>;
async function expectValue(from: Subscribed, value: number, error?: string): Promise<OperationResult> {
  const result = await from.next();
  assert.deepEqual([result.data, result.error?.message], [{ value }, error]);
  assert.equal(result.extensions, undefined);
  return result;
}

// The last result, when the server ends the stream after a difference.
const ended = subscribed('Ended');
let stream = await nextStream();
send(stream, whole(1, 1));
await expectValue(ended, 1);
send(stream, patch(2, 2));
await expectValue(ended, 2);
stream.end();
assert.equal((await expectValue(ended, 2)).hasNext, false);

// An error after a difference. urql keeps the data that it had.
const interrupted = subscribed('Interrupted');
stream = await nextStream();
send(stream, whole(1, 1));
await expectValue(interrupted, 1);
send(stream, patch(2, 2));
await expectValue(interrupted, 2);
send(stream, { errors: [{ message: 'no' }], data: null });
await expectValue(interrupted, 2, '[GraphQL] no');
interrupted.unsubscribe();

// Two executions of one operation at once: each has its own revisions.
const repeated = subscribed('Repeated');
const first = await nextStream();
send(first, whole(1, 1));
const { operation } = await expectValue(repeated, 1);
// urql starts it again at the second call: after the first one it only no longer counts as running.
for (let count = 0; count < 2; count++) client.reexecuteOperation(operation);
const second = await nextStream();
send(first, patch(2, 2));
await expectValue(repeated, 2);
send(second, whole(1, 3));
await expectValue(repeated, 3);
send(first, patch(3, 4));
await expectValue(repeated, 4);
send(second, patch(2, 5));
await expectValue(repeated, 5);

// A missing difference ends this subscription with an error, and no other one.
const broken = subscribed('Broken');
stream = await nextStream();
send(stream, whole(1, 1));
await expectValue(broken, 1);
const closed = new Promise((resolve) => stream.on('close', resolve));
send(stream, patch(3, 3));
const { data, error, hasNext } = await broken.next();
assert.deepEqual([data, hasNext], [undefined, false]);
assert.match(error!.networkError!.message, /revision 2/);
await closed;
send(second, patch(3, 6));
await expectValue(repeated, 6);
repeated.unsubscribe();
server.close();
server.closeAllConnections();
