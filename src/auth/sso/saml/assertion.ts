import { SignInRefused } from '../refused.ts';

/** An element, as the library shows the signed assertion: children by local name in lists, attributes in `$`, its text in `_`. */
export interface XmlNode {
  readonly $?: Readonly<Record<string, string>>;
  readonly _?: string;
  readonly [child: string]: unknown;
}

export interface Expected {
  readonly provider: string;
  readonly issuer: string;
  /** The URL of this server that the assertion has to be meant for. */
  readonly recipient: string;
  /** The id of the request that the assertion has to answer. */
  readonly requestId: string;
  readonly clockSkewMs: number;
  readonly now: number;
}

const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

/** Verifies what the library does not, or only where it is present: issuer, recipient, request, and an end of the assertion. Throws SignInRefused. */
export function checkAssertion(assertion: XmlNode, expected: Expected): void {
  const { provider, issuer } = expected;
  const refuse = (why: string) => new SignInRefused('answer', `${provider}: ${why}`);
  const named = textOf(childrenOf(assertion, 'Issuer')[0]);
  if (named !== issuer) throw refuse(`the issuer is ${JSON.stringify(named)}`);
  // Without conditions, the library would not compare the audience.
  if (childrenOf(assertion, 'Conditions').length !== 1) throw refuse('no conditions, and so no audience');
  const confirmations = childrenOf(childrenOf(assertion, 'Subject')[0], 'SubjectConfirmation');
  const reasons = confirmations.map((one) => faultOf(one, expected));
  if (!reasons.includes(null)) throw refuse(reasons[0] ?? 'no confirmation of the subject');
}

/** Why a confirmation does not count; `null`: it does. */
function faultOf(confirmation: XmlNode, { recipient, requestId, clockSkewMs, now }: Expected): string | null {
  const data = childrenOf(confirmation, 'SubjectConfirmationData')[0]?.$ ?? {};
  const until = Date.parse(data.NotOnOrAfter ?? '');
  if (confirmation.$?.Method !== bearer) return 'the confirmation is of another method';
  if (data.Recipient !== recipient) return `it is meant for ${JSON.stringify(data.Recipient ?? null)}`;
  if (data.InResponseTo !== requestId) return 'it answers another request';
  if (Number.isNaN(until)) return 'it has no end';
  return now - clockSkewMs >= until ? 'it has expired' : null;
}

/** The attributes of an assertion: a text, or a list of texts. */
export function attributesOf(assertion: XmlNode): Record<string, string | readonly string[]> {
  const all = new Map<string, string[]>();
  for (const statement of childrenOf(assertion, 'AttributeStatement'))
    for (const attribute of childrenOf(statement, 'Attribute')) {
      const { Name: name = '' } = attribute.$ ?? {};
      const values = childrenOf(attribute, 'AttributeValue').flatMap((value) => textOf(value) ?? []);
      all.set(name, [...(all.get(name) ?? []), ...values]);
    }
  const entries = [...all].map(
    ([name, values]) => [name, values.length === 1 ? values[0]! : values] as const,
  );
  return Object.fromEntries(entries);
}

/** The NameID; `null`: there is none that identifies a person for good. */
export function nameIdOf(assertion: XmlNode): string | null {
  const [nameId] = childrenOf(childrenOf(assertion, 'Subject')[0], 'NameID');
  const isTransient = nameId?.$?.Format === 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
  return isTransient ? null : textOf(nameId);
}

function childrenOf(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  const children = node !== undefined && Object.hasOwn(node, name) ? node[name] : [];
  return (Array.isArray(children) ? children : []).map((child: unknown) =>
    typeof child === 'string' ? { _: child } : (child as XmlNode),
  );
}

function textOf(node: XmlNode | undefined): string | null {
  const text = node?._?.trim() ?? '';
  return text === '' || text.includes('\0') ? null : text;
}
