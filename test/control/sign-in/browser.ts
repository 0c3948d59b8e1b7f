/** A page that a browser has loaded. */
export interface Loaded {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** The parts of a browser that a sign-in needs: cookies by host and port, and redirects that are followed one by one. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  /** The URLs that were asked for, in order. */
  readonly visited: URL[] = [];

  /** Asks for one page, without following a redirect. */
  async ask(given: string | URL, init: RequestInit = {}): Promise<Loaded> {
    const url = new URL(given);
    this.visited.push(url);
    const headers = new Headers(init.headers);
    const cookie = [...this.jar(url)].map(([name, value]) => `${name}=${value}`).join('; ');
    if (cookie !== '') headers.set('cookie', cookie);
    if (!headers.has('accept')) headers.set('accept', 'text/html');
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#keep(url, line);
    return { url, status: response.status, text: await response.text(), headers: response.headers };
  }

  /** Asks for a page and follows redirects. `until`: stops before a URL for which it is true. */
  async go(given: string | URL, until: (url: URL) => boolean = () => false): Promise<Loaded> {
    let page = await this.ask(given);
    for (let hops = 0; hops < 20; hops++) {
      const location = page.headers.get('location');
      if (location === null) return page;
      const next = new URL(location, page.url);
      if (until(next)) return { ...page, url: next };
      page = await this.ask(next);
    }
    throw new Error('too many redirects');
  }

  /** The cookies of a host. */
  jar({ host }: URL): Map<string, string> {
    const known = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, known);
    return known;
  }

  #keep(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    const isOver = attributes.some(
      (text) =>
        /^max-age=0$/i.test(text) || (/^expires=/i.test(text) && Date.parse(text.slice(8)) < Date.now()),
    );
    if (isOver) this.jar(url).delete(name);
    else this.jar(url).set(name, pair.slice(at + 1));
  }
}
