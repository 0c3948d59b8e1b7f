/** A text as a value in an LDAP filter (RFC 4515). */
export function filterValue(text: string): string {
  return text.replace(/[\\*()\0]/g, (character) => `\\${hexOf(character)}`);
}

/** A text as a value in a DN (RFC 4514). */
export function dnValue(text: string): string {
  return text.replace(/^[ #]|[\\,+"<>;=\0]| $/g, (character) =>
    character === '\0' ? '\\00' : `\\${character}`,
  );
}

/** Puts a name into a template in all places, escaped. */
export function withUsername(template: string, username: string, toValue: (text: string) => string): string {
  const escaped = toValue(username);
  return template.replaceAll('{username}', () => escaped);
}

/** A DN in the form in which two of them are compared. */
export function normalDn(dn: string): string {
  return dn
    .toLowerCase()
    .replace(/(?<!\\)\s*,\s*/g, ',')
    .trim();
}

/** Whether an entry is below another one, or that one itself. */
export function isBelow(dn: string, base: string): boolean {
  const [inner, outer] = [normalDn(dn), normalDn(base)];
  // A comma after a backslash is part of a value.
  return inner === outer || (inner.endsWith(`,${outer}`) && inner.at(-outer.length - 2) !== '\\');
}

/** The value of the first part of a DN, if it is of this attribute. */
export function firstValue(dn: string, attribute: string): string | null {
  const found = /^([^=]+)=((?:\\.|[^\\,+])*)/s.exec(dn);
  if (found === null || found[1]!.trim().toLowerCase() !== attribute.toLowerCase()) return null;
  const bytes: Buffer[] = [];
  for (const [, hex, character, plain] of found[2]!.matchAll(/\\([\da-fA-F]{2})|\\(.)|([^\\]+)/gs))
    bytes.push(hex === undefined ? Buffer.from(character ?? plain ?? '') : Buffer.from(hex, 'hex'));
  return Buffer.concat(bytes).toString('utf8');
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0');
}
