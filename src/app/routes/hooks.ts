import type { IncomingMessage } from 'node:http';
import type { RouteHandler } from '../../serve/index.ts';
import type { HookReceiver } from '../../workflow/index.ts';

const prefix = '/hooks/';

/** `/hooks/<path>`: the calls of inbound webhooks. Each webhook has its own authentication. */
export function hooksRoute(
  receiver: HookReceiver,
  addressOf: (request: IncomingMessage) => string | null,
): RouteHandler {
  return async (request, read) => {
    const { url = '/', method = 'GET', socket } = request;
    const at = url.indexOf('?');
    const gone = new AbortController();
    const leave = () => gone.abort();
    socket.once('close', leave);
    try {
      return await receiver.receive({
        ...{ method, read, address: addressOf(request), signal: gone.signal },
        path: (at < 0 ? url : url.slice(0, at)).slice(prefix.length),
        query: at < 0 ? '' : url.slice(at + 1),
        headers: joined(request.headers),
      });
    } finally {
      socket.removeListener('close', leave);
    }
  };
}

function joined(headers: IncomingMessage['headers']): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}
