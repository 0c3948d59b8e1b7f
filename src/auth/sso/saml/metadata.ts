import type { Fetch } from '../fetch.ts';
import { unavailable } from '../unavailable.ts';
import type { SamlConfig } from './config.ts';
import { elementsIn, namespaces, parseXml } from './xml.ts';

/** The log-in URL and the certificates of an identity provider. */
export interface IdentityProvider {
  /** Where people are sent to, by the redirect binding. */
  readonly loginUrl: string;
  /** Certificates that it may sign with, as PEM: several while it changes them. */
  readonly certificates: readonly string[];
}

/** How long metadata are used before they are read again, and how soon they may be read once more, in milliseconds. */
const times = { fresh: 3_600_000, again: 60_000 } as const;
const redirect = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';

/** The metadata of a provider, from the configuration or from a URL. While the URL does not answer, the former ones are used. */
export class IdpMetadata {
  readonly #config: SamlConfig;
  readonly #fetch: Fetch;
  #known: { readonly found: IdentityProvider; readonly at: number } | null = null;
  #reading: Promise<IdentityProvider> | null = null;

  constructor(config: SamlConfig, fetch: Fetch) {
    this.#config = config;
    this.#fetch = fetch;
  }

  /** Rejects with FozError `unavailable` for metadata that cannot be used. */
  async get(maxAgeMs: number = times.fresh): Promise<IdentityProvider> {
    const known = this.#known;
    const isFixed = this.#config.idp_metadata !== undefined;
    if (known !== null && (isFixed || performance.now() - known.at < maxAgeMs)) return known.found;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    if (known === null) return this.#reading;
    return this.#reading.catch(() => known.found);
  }

  /** The metadata after a signature that none of the certificates fits: the provider may have new ones. */
  refreshed(): Promise<IdentityProvider> {
    return this.get(times.again);
  }

  async #read(): Promise<IdentityProvider> {
    const { name, issuer } = this.#config;
    try {
      const found = await identityProvider(this.#config.idp_metadata ?? (await this.#download()), issuer);
      this.#known = { found, at: performance.now() };
      return found;
    } catch (error) {
      throw unavailable(name, `metadata: ${(error as Error).message}`, error);
    }
  }

  async #download(): Promise<string> {
    const answer = await this.#fetch(this.#config.metadata_url!, { headers: { accept: '*/*' } });
    if (answer.status !== 200) throw new TypeError(`status ${answer.status}`);
    return answer.text();
  }
}

/** Reads metadata. Rejects with TypeError. */
export async function identityProvider(xml: string, entityId: string): Promise<IdentityProvider> {
  const document = await parseXml(xml);
  const entity = elementsIn(document, namespaces.metadata, 'EntityDescriptor').find(
    (one) => one.getAttribute('entityID') === entityId,
  );
  if (entity === undefined) throw new TypeError(`no entity ${entityId}: "issuer" is its entityID`);
  const [role] = elementsIn(entity as never, namespaces.metadata, 'IDPSSODescriptor');
  if (role === undefined) throw new TypeError('no IDPSSODescriptor: it is the metadata of another role');
  const login = elementsIn(role as never, namespaces.metadata, 'SingleSignOnService').find(
    (one) => one.getAttribute('Binding') === redirect,
  );
  const loginUrl = login?.getAttribute('Location') ?? '';
  if (!URL.canParse(loginUrl) || !/^https?:$/.test(new URL(loginUrl).protocol))
    throw new TypeError('no SingleSignOnService with the binding HTTP-Redirect');
  const certificates = elementsIn(role as never, namespaces.metadata, 'KeyDescriptor')
    .filter((key) => key.getAttribute('use') !== 'encryption')
    .flatMap((key) => elementsIn(key as never, namespaces.signature, 'X509Certificate'))
    .map((element) => pemOf(element.textContent ?? ''));
  if (certificates.length === 0) throw new TypeError('no certificate for signatures');
  return { loginUrl, certificates };
}

function pemOf(base64: string): string {
  const lines = base64.replace(/\s+/g, '').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
