import type { HookAnswer } from './answer.ts';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A browser runs no scripts of the page, and gives it no origin: the console has the origin of the server. */
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "sandbox allow-forms; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

const style = `:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
main { max-width: 34rem; margin: 15vh auto 0; padding: 0 1.5rem }
h1 { font-size: 1.4rem; overflow-wrap: anywhere }
button { font: inherit; padding: .6rem 1.6rem; border: 0; border-radius: .4rem; background: #1c5fd4; color: #fff; cursor: pointer }
button:focus-visible { outline: 3px solid #f5a524; outline-offset: 2px }`;

/** A page that asks before a call counts. Programs that only look at links, such as previews of chats, send no form. */
export function confirmation(question: string): HookAnswer {
  return page(200, question, '<form method="post"><button type="submit">Confirm</button></form>');
}

/** The page after somebody has confirmed. */
export function confirmed(): HookAnswer {
  return page(202, 'Done. You can close this page.', '');
}

function page(status: number, title: string, rest: string): HookAnswer {
  const text = title.replace(/[&<>"]/g, (found) => escapes[found]!);
  const body = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${text}</title><style>${style}</style></head>
<body><main><h1>${text}</h1>${rest}</main></body>
</html>
`;
  return { status, headers, body };
}
