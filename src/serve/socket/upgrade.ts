import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AccessDenied, httpRequest, isOwnOrigin } from '../../auth/index.ts';
import type { FozError } from '../../core/index.ts';
import { answerErrors } from '../../execute/index.ts';
import { Refusal } from '../body.ts';

/** The supported subprotocol. */
const protocol = 'graphql-transport-ws';

/**
 * Checks an upgrade request. Any page can open a WebSocket without a preflight, so the page must be the server's own or of an origin in
 * `cors`. If only `*` allows it, its cookies are removed: they would act for a user who does not know of it. Throws Refusal or AccessDenied.
 */
export function checkUpgrade(request: IncomingMessage, cors: readonly string[]): void {
  const offered = request.headers['sec-websocket-protocol'];
  if (offered !== undefined && !offered.split(',').some((name) => name.trim() === protocol))
    throw new Refusal(
      400,
      'not-supported',
      `None of the subprotocols is spoken here: open the WebSocket with ${protocol}.`,
    );
  const { origin } = request.headers;
  if (origin === undefined || cors.includes(origin) || isOwnOrigin(origin, httpRequest(request))) return;
  if (!cors.includes('*'))
    throw new AccessDenied({
      message:
        'Pages of this origin may not open a WebSocket here: list the origin in server.cors, or open it without one.',
      why: `websocket: origin ${JSON.stringify(origin.slice(0, 200))}`,
      status: 403,
    });
  delete request.headers.cookie;
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

/** Answers an upgrade request in HTTP and closes the connection. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  refusal: FozError,
  more: Readonly<Record<string, string>>,
): void {
  const body = answerErrors([refusal], 'request', false).json;
  const headers = {
    ...more,
    connection: 'close',
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${reasons[status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`);
}

/**
 * Serves a request that offers an upgrade to another protocol (HTTP/2 without TLS, as Java's client does) as a plain HTTP request, as the
 * RFC allows. Node has detached the HTTP parser by then, so the request is written again in front of the unread bytes.
 */
export function serveWithoutUpgrade(
  server: Server,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  const raw = request.rawHeaders;
  for (let at = 0; at < raw.length; at += 2)
    if (!/^(?:upgrade|connection|http2-settings)$/i.test(raw[at]!)) lines.push(`${raw[at]}: ${raw[at + 1]}`);
  const start = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const isTls = 'encrypted' in socket && socket.encrypted === true;
  socket.off('error', ignore);
  socket.unshift(Buffer.concat([start, head]));
  server.emit(isTls ? 'secureConnection' : 'connection', socket);
}

/** An 'error' event is followed by 'close'. Without a listener for 'error', Node would end the process. */
const ignore = () => {};

/** Takes over the socket of an upgrade. Calls back when earlier responses are sent, or never if the socket closes before. */
export function takeOver(socket: Duplex, then: () => void): void {
  socket.on('error', ignore);
  whenAnswered(socket, () => {
    if (!socket.destroyed) then();
  });
}

/** Waits for the responses to earlier requests on the connection: Node attaches the one that is being sent to the socket. */
function whenAnswered(
  socket: Duplex & { readonly _httpMessage?: ServerResponse | null },
  then: () => void,
): void {
  const { _httpMessage: sending = null } = socket;
  if (sending === null) then();
  else sending.once('close', () => whenAnswered(socket, then));
}
