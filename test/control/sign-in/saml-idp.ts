import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// @ts-expect-error The package has no types.
import untyped from 'samlp';
import type { Browser } from './browser.ts';

interface Samlp {
  auth(options: object): (request: object, response: object, next: (error: Error) => void) => void;
  metadata(options: object): (request: object, response: object) => void;
}

const samlp = untyped as Samlp;

/** A key and its certificate, as PEM. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** Makes an RSA key with a certificate. */
export function keyPair(): KeyPair {
  const folder = mkdtempSync(join(tmpdir(), 'foz-saml-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=saml', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names], {
    stdio: 'ignore',
  });
  const read = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
  return read;
}

/** A person at the provider. */
interface Person {
  readonly id: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** What the page of the provider posts to Foz. */
export interface Posted {
  readonly action: string;
  readonly state: string;
  readonly xml: string;
}

/** An identity provider (the package samlp) over HTTP. */
export class SamlIdp {
  readonly keys = keyPair();
  person: Person = { id: 'ada' };
  /** Settings of samlp for the next answers, such as another audience. */
  more: Record<string, unknown> = {};
  /** The certificate that requests have to be signed with; `null`: any. */
  signingCert: string | null = null;
  readonly #server = createServer((request, response) => {
    const url = new URL(request.url!, this.issuer);
    const shim = Object.assign(response, {
      set: (name: string, value: string) => response.setHeader(name, value),
      send: (...body: unknown[]) => void response.end(String(body.at(-1))),
    });
    const asked = Object.assign(request, {
      query: Object.fromEntries(url.searchParams),
      originalUrl: request.url,
      protocol: 'http',
    });
    const mapper = Object.assign(() => this.#mapper, { prototype: { metadata: [] }, metadata: [] });
    const common = { ...this.keys, issuer: this.issuer, profileMapper: mapper };
    if (url.pathname === '/metadata')
      return samlp.metadata({ ...common, redirectEndpointPath: '/sso' })(asked, shim);
    const options = {
      ...common,
      ...(this.signingCert === null ? {} : { signingCert: this.signingCert }),
      getUserFromRequest: () => this.person,
      getPostURL: (
        _audience: string,
        request: { documentElement: Element },
        _: object,
        callback: (e: null, url: string) => void,
      ) => {
        callback(null, request.documentElement.getAttribute('AssertionConsumerServiceURL')!);
      },
      recipient: this.#recipient,
      destination: this.#recipient,
      ...this.more,
    };
    samlp.auth(options)(asked, shim, (error) => {
      response.statusCode = 400;
      response.end(error.message);
    });
  });
  #recipient = '';

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get issuer(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The page of the provider, after it was asked with a request of Foz. */
  async answer(browser: Browser, url: URL, recipient: string): Promise<Posted> {
    this.#recipient = recipient;
    const { text, status } = await browser.ask(url);
    const field = (name: string) => new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(text)?.[1] ?? '';
    if (status !== 200) throw new Error(`the provider refuses the request: ${text}`);
    return {
      action: /action="([^"]*)"/.exec(text)![1]!.replaceAll('&#x2F;', '/'),
      state: field('RelayState'),
      xml: Buffer.from(field('SAMLResponse'), 'base64').toString('utf8'),
    };
  }

  get #mapper() {
    const { id, claims = {} } = this.person;
    return {
      getClaims: () => claims,
      getNameIdentifier: () => ({
        nameIdentifier: id,
        nameIdentifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      }),
      metadata: [],
    };
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
