import { randomBytes } from 'node:crypto';
import type { SamlConfig as LibraryConfig, SAML } from '@node-saml/node-saml';
import { FozError } from '../../../core/index.ts';
import type { Attempt, Begun, Identified, ProviderAnswer, SignInProtocol } from '../contract.ts';
import type { Fetch } from '../fetch.ts';
import { SignInRefused } from '../refused.ts';
import { unavailable } from '../unavailable.ts';
import { attributesOf, checkAssertion, nameIdOf, type XmlNode } from './assertion.ts';
import type { SamlConfig } from './config.ts';
import { type IdentityProvider, IdpMetadata } from './metadata.ts';
import { checkAlgorithms, elementsIn, namespaces, parseXml, type XmlDocument } from './xml.ts';

/** Most characters of a response, and of texts of a person. */
const longest = { response: 200_000, text: 320 } as const;

/** SAML 2.0: requests by redirect, responses by POST with a signed assertion. A response without a request is refused. */
export class Saml implements SignInProtocol {
  readonly authority: string;
  readonly answersBy = 'post';
  readonly #config: SamlConfig;
  readonly #metadata: IdpMetadata;

  constructor(config: SamlConfig, fetch: Fetch) {
    this.authority = config.issuer;
    this.#config = config;
    this.#metadata = new IdpMetadata(config, fetch);
  }

  async begin({ callbackUrl, state }: Attempt): Promise<Begun> {
    const provider = await this.#metadata.get();
    const requestId = `_${randomBytes(20).toString('hex')}`;
    const library = await this.#library(provider, callbackUrl, requestId);
    return { url: new URL(await library.getAuthorizeUrlAsync(state, undefined, {})), kept: { requestId } };
  }

  async finish({ callbackUrl, kept, form }: ProviderAnswer): Promise<Identified> {
    const { name } = this.#config;
    const requestId = kept.requestId ?? '';
    const encoded = form?.get('SAMLResponse') ?? '';
    try {
      await this.#inspect(encoded, callbackUrl);
      const assertion = await this.#verified(encoded, callbackUrl, requestId);
      checkAssertion(assertion, {
        provider: name,
        issuer: this.#config.issuer,
        recipient: callbackUrl,
        requestId,
        clockSkewMs: this.#clockSkewMs,
        now: Date.now(),
      });
      return this.#identified(assertion);
    } catch (error) {
      throw refusalOf(error, name);
    }
  }

  /** The metadata of Foz, for registering it at the provider. */
  async describe(callbackUrl: string): Promise<string> {
    const { generateServiceProviderMetadata } = await import('@node-saml/node-saml');
    const { private_key, certificate, name_id_format } = this.#config;
    const keys = private_key === undefined ? {} : { privateKey: private_key, decryptionPvk: private_key };
    return generateServiceProviderMetadata({
      ...keys,
      ...{ issuer: this.#entityId(callbackUrl), callbackUrl, identifierFormat: name_id_format ?? null },
      ...{ publicCerts: certificate ?? null, decryptionCert: certificate ?? null },
      ...{ wantAssertionsSigned: true, signatureAlgorithm: 'sha256', digestAlgorithm: 'sha256' },
    });
  }

  /** Refuses what the library would accept: other algorithms, document types, other destinations, assertions that are not encrypted. */
  async #inspect(encoded: string, callbackUrl: string): Promise<void> {
    if (encoded === '' || encoded.length > longest.response || !/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(encoded))
      throw new TypeError('no form of a response');
    const document = await parseXml(Buffer.from(encoded, 'base64').toString('utf8'));
    const { documentElement: response } = document;
    if (response.namespaceURI !== namespaces.protocol || response.localName !== 'Response')
      throw new TypeError('no response');
    const destination = response.getAttribute('Destination') ?? '';
    if (destination !== '' && destination !== callbackUrl)
      throw new TypeError(`it is sent to ${destination.slice(0, 100)}`);
    this.#inspectContent(document);
    const encrypted = elementsIn(document, namespaces.assertion, 'EncryptedAssertion');
    if (this.#config.encrypted_assertion === true && encrypted.length === 0)
      throw new TypeError('the assertion is not encrypted');
    for (const one of encrypted) await this.#inspectDecrypted(String(one));
  }

  async #inspectDecrypted(xml: string): Promise<void> {
    const { private_key: key, name } = this.#config;
    if (key === undefined) throw unavailable(name, 'the assertion is encrypted, but there is no private_key');
    const { decrypt } = await import('xml-encryption');
    const text = await new Promise<string>((resolve, reject) => {
      const options = { key, disallowDecryptionWithInsecureAlgorithm: true };
      decrypt(xml, options, (error, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
    this.#inspectContent(await parseXml(text));
  }

  /** One assertion alone, wherever it stands: which of several counts must not depend on who reads them. */
  #inspectContent(document: XmlDocument): void {
    checkAlgorithms(document, this.#config.name);
    const all = ['Assertion', 'EncryptedAssertion'].map((name) =>
      elementsIn(document, namespaces.assertion, name),
    );
    if (all.flat().length > 1) throw new TypeError('several assertions');
  }

  /** The assertion, as it was signed by the provider. */
  async #verified(encoded: string, callbackUrl: string, requestId: string): Promise<XmlNode> {
    const validate = async (provider: IdentityProvider) => {
      const library = await this.#library(provider, callbackUrl, requestId);
      return library.validatePostResponseAsync({ SAMLResponse: encoded });
    };
    const provider = await this.#metadata.get();
    const { profile } = await validate(provider).catch(async (error: Error) => {
      const fresh = /signature/i.test(error.message) ? await this.#metadata.refreshed() : provider;
      if (fresh === provider) throw error;
      return validate(fresh);
    });
    const assertion = profile?.getAssertion?.().Assertion;
    if (assertion === undefined) throw new TypeError('no assertion');
    return assertion as XmlNode;
  }

  #identified(assertion: XmlNode): Identified {
    const { name, attributes = {}, email_verified = false } = this.#config;
    const claims = attributesOf(assertion);
    const one = (attribute: string | undefined): string | null => {
      const value =
        attribute !== undefined && Object.hasOwn(claims, attribute) ? claims[attribute] : undefined;
      const text = typeof value === 'string' ? value : value?.[0];
      return text === undefined || text === '' ? null : text;
    };
    const subject = attributes.subject === undefined ? nameIdOf(assertion) : one(attributes.subject);
    if (subject === null) {
      const why = 'the assertion has no NameID that lasts, or not the attribute of attributes.subject';
      throw unavailable(name, why);
    }
    const email = one(attributes.email)?.slice(0, longest.text) ?? null;
    return {
      subject,
      name: one(attributes.name)?.slice(0, longest.text) ?? null,
      email,
      emailVerified: email !== null && email_verified,
      claims: { ...claims, name_id: nameIdOf(assertion) },
    };
  }

  async #library(
    { loginUrl, certificates }: IdentityProvider,
    callbackUrl: string,
    requestId: string,
  ): Promise<SAML> {
    const { SAML, ValidateInResponseTo } = await import('@node-saml/node-saml');
    const { private_key, signed_response = false, name_id_format, force_login = false } = this.#config;
    const options: LibraryConfig = {
      ...{ entryPoint: loginUrl, idpCert: [...certificates], idpIssuer: this.#config.issuer },
      ...{ issuer: this.#entityId(callbackUrl), audience: this.#entityId(callbackUrl), callbackUrl },
      ...(private_key === undefined ? {} : { privateKey: private_key, decryptionPvk: private_key }),
      ...{ signatureAlgorithm: 'sha256', digestAlgorithm: 'sha256' },
      ...{ wantAssertionsSigned: true, wantAuthnResponseSigned: signed_response },
      ...{ identifierFormat: name_id_format ?? null, disableRequestedAuthnContext: true },
      ...{ forceAuthn: force_login, acceptedClockSkewMs: this.#clockSkewMs },
      generateUniqueId: () => requestId,
      validateInResponseTo: ValidateInResponseTo.always,
      // The browser keeps the id of its request, encrypted, so that several processes need not share it.
      cacheProvider: {
        saveAsync: (_key, value) => Promise.resolve({ value, createdAt: Date.now() }),
        getAsync: (key) => Promise.resolve(key === requestId ? new Date().toISOString() : null),
        removeAsync: (key) => Promise.resolve(key),
      },
    };
    return new SAML(options);
  }

  #entityId(callbackUrl: string): string {
    return this.#config.entity_id ?? new URL('metadata', callbackUrl).href;
  }

  get #clockSkewMs(): number {
    return (this.#config.clock_skew ?? 30) * 1000;
  }
}

/** The refusal for an error while a response was verified. What it was goes to the log alone. */
function refusalOf(error: unknown, provider: string): FozError {
  if (error instanceof FozError) return error;
  const { message = '', name = '', xmlStatus } = error as Error & { readonly xmlStatus?: string };
  if (xmlStatus !== undefined) {
    const isPersons = /AuthnFailed|RequestDenied|NoPassive|cancel/i.test(xmlStatus);
    return new SignInRefused(isPersons ? 'cancelled' : 'answer', `${provider}: ${message}`);
  }
  return new SignInRefused('answer', `${provider}: ${message || name}`);
}
