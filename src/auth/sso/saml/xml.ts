import { SignInRefused } from '../refused.ts';

type Dom = typeof import('@xmldom/xmldom');
/** A parsed document. */
export type XmlDocument = ReturnType<InstanceType<Dom['DOMParser']>['parseFromString']>;

/** The namespaces of SAML and of signatures. */
export const namespaces = {
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
  encryption: 'http://www.w3.org/2001/04/xmlenc#',
} as const;

/** Parses XML. Throws TypeError for a text that is none, and for document types: they declare entities, which may expand without end or read files. */
export async function parseXml(text: string): Promise<XmlDocument> {
  if (/<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(text)) throw new TypeError('a document type');
  const { DOMParser } = await import('@xmldom/xmldom');
  const fail = (message: string) => {
    throw new TypeError(`no XML: ${message.slice(0, 100)}`);
  };
  const parser = new DOMParser({ errorHandler: { warning: fail, error: fail, fatalError: fail } });
  const document = parser.parseFromString(text, 'text/xml');
  if (document?.documentElement == null) throw new TypeError('no XML');
  return document;
}

/** Elements below a node, by namespace and local name. */
export function elementsIn(
  node: Pick<XmlDocument, 'getElementsByTagNameNS'>,
  namespace: string,
  name: string,
): readonly Element[] {
  return Array.from(node.getElementsByTagNameNS(namespace, name) as unknown as ArrayLike<Element>);
}

const algorithms = {
  SignatureMethod: /^http:\/\/www\.w3\.org\/2001\/04\/xmldsig-more#(?:rsa|ecdsa)-sha(?:256|384|512)$/,
  DigestMethod: /^http:\/\/www\.w3\.org\/2001\/04\/(?:xmlenc#sha(?:256|512)|xmldsig-more#sha384)$/,
  CanonicalizationMethod: /^http:\/\/www\.w3\.org\/2001\/10\/xml-exc-c14n#$/,
  Transform: /^http:\/\/www\.w3\.org\/(?:2001\/10\/xml-exc-c14n#|2000\/09\/xmldsig#enveloped-signature)$/,
} as const;

/** Throws SignInRefused where a signature uses SHA-1, MD5, HMAC, or a transform that could change what is signed. The library accepts some of them. */
export function checkAlgorithms(document: XmlDocument, provider: string): void {
  for (const signature of elementsIn(document, namespaces.signature, 'Signature'))
    for (const [name, accepted] of Object.entries(algorithms))
      for (const element of elementsIn(signature as never, namespaces.signature, name)) {
        const algorithm = element.getAttribute('Algorithm') ?? '';
        if (!accepted.test(algorithm))
          throw new SignInRefused(
            'answer',
            `${provider}: ${name} ${algorithm.slice(0, 100)} is not accepted`,
          );
      }
}
