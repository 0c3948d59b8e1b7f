import { createHash } from 'node:crypto';

const style = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText; }
main { width: min(22rem, 90vw); padding: 2rem 0; }
h1 { font-size: 1.4rem; }
ul { list-style: none; padding: 0; margin: 1.5rem 0; display: grid; gap: .75rem; }
a.provider { display: flex; gap: .75rem; align-items: center; padding: .7rem 1rem; border: 1px solid GrayText;
  border-radius: .4rem; color: inherit; text-decoration: none; }
a.provider:hover { background: color-mix(in srgb, CanvasText 8%, Canvas); }
label { display: block; margin: 1rem 0 .25rem; }
input { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; color: inherit; background: Canvas;
  border: 1px solid GrayText; border-radius: .4rem; }
button { margin-top: 1.5rem; width: 100%; padding: .7rem; font: inherit; cursor: pointer; }
a:focus-visible, input:focus-visible, button:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
img { width: 1.5rem; height: 1.5rem; }
.note { color: GrayText; font-size: .9rem; }
`;

/** A page, with the hash of its style for the content security policy. */
export interface Page {
  readonly text: string;
  readonly styleHash: string;
}

const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;

/** A way to sign in on the page. */
export interface Choice {
  readonly title: string;
  readonly icon: string | null;
  readonly href: string;
}

/** The page that offers the providers. `note`: a sentence above them. */
export function choicePage(choices: readonly Choice[], note: string | null): Page {
  const items = choices.map(({ title, icon, href }) => {
    const image = icon === null ? '' : `<img src="${escaped(icon)}" alt="">`;
    return `<li><a class="provider" href="${escaped(href)}">${image}<span>${escaped(title)}</span></a></li>`;
  });
  const list =
    items.length === 0
      ? '<p>There is no way to sign in yet: an administrator has to add a provider.</p>'
      : `<ul>${items.join('')}</ul>`;
  const said = note === null ? '' : `<p role="status">${escaped(note)}</p>`;
  return page('Sign in', `<h1>Sign in</h1>${said}${list}`);
}

/** The form that asks for a name and a password. */
export interface PasswordForm {
  /** Of the provider. */
  readonly title: string;
  readonly action: string;
  readonly state: string;
  /** The name that was entered before. */
  readonly username: string;
  /** Why the attempt before was refused; `null`: it is the first. */
  readonly refusal: string | null;
}

/** The page with the form. Its fields are named as password managers expect. */
export function passwordPage({ title, action, state, username, refusal }: PasswordForm): Page {
  const said = refusal === null ? '' : `<p role="alert" id="refusal">${escaped(refusal)}</p>`;
  const described = refusal === null ? '' : ' aria-invalid="true" aria-describedby="refusal"';
  const [first, second] = username === '' ? [' autofocus', ''] : ['', ' autofocus'];
  return page(
    `Sign in: ${title}`,
    `<h1>${escaped(title)}</h1>${said}<form method="post" action="${escaped(action)}">` +
      `<input type="hidden" name="state" value="${escaped(state)}">` +
      `<label for="username">Name</label><input id="username" name="username" value="${escaped(username)}" ` +
      `autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="256" required${first}${described}>` +
      '<label for="password">Password</label><input id="password" name="password" type="password" ' +
      `autocomplete="current-password" maxlength="1024" required${second}${described}>` +
      '<button type="submit">Sign in</button></form>' +
      '<p><a href="/auth/login?again">Other ways to sign in</a></p>',
  );
}

/** The page for a sign-in that failed. `reference`: by which an administrator finds it in the log. */
export function failurePage(message: string, reference: string, again: string): Page {
  return page(
    'Not signed in',
    `<h1>Not signed in</h1><p role="alert">${escaped(message)}</p>` +
      `<p><a href="${escaped(again)}">Back to the sign-in page</a></p>` +
      `<p class="note">Reference: ${escaped(reference)}</p>`,
  );
}

function page(title: string, content: string): Page {
  const text = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><style>${style}</style></head>
<body><main>${content}</main></body>
</html>
`;
  return { text, styleHash };
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
