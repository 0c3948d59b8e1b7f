import { SecretValue } from './secret-value.ts';

const mask = '***';
/** Names of settings whose values are secrets, in whatever spelling. */
const secretName =
  /pass(?:word|wd|phrase)?$|secrets?$|token$|api_?key$|private_?key$|credentials?$|authorization$|cookie$|pepper$/i;
/** These are secrets as texts only: a list under `key` names columns. */
const secretTextName = /^(?:key|hash)$/i;

/** A copy of JSON-like data in which secrets are `***`: by their class, by the name of their setting, and passwords within URLs. */
export function maskSecrets(value: unknown): unknown {
  if (value instanceof SecretValue) return mask;
  if (typeof value === 'string') return maskUrl(value);
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (typeof value !== 'object' || value === null) return value;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return maskSecrets((value as { toJSON(): unknown }).toJSON());
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, isSecret(name, inner) ? mask : maskSecrets(inner)]),
  );
}

function isSecret(name: string, value: unknown): boolean {
  if (typeof value === 'string') return secretName.test(name) || secretTextName.test(name);
  return value !== null && value !== undefined && secretName.test(name);
}

/** Parameters of URLs whose values are secrets. */
const secretParameter = /(?:pass\w*|secret|token|key)$/i;

/** `scheme://user:password@host?password=x` loses both passwords; where the text is nothing but a URL, also those with blanks in them. */
function maskUrl(text: string): string {
  if (!text.includes('://')) return text;
  const masked = URL.canParse(text) ? maskWhole(text) : text;
  return masked
    .replace(/(\w+:\/\/[^/\s:]*):[^/\s]*@/g, `$1:${mask}@`)
    .replace(/([?&;][^=&\s]*(?:pass\w*|secret|token|key)=)[^&;\s]*/gi, `$1${mask}`);
}

/** A name of a user may hold @, as some clouds have it, and a password that was not encoded blanks or a slash. */
function maskWhole(url: string): string {
  return url
    .replace(/^(https?:\/\/[^/?#:]*):[^/?#]*@/i, `$1:${mask}@`)
    .replace(/^((?!https?:)[^:]+:\/\/[^/?#:]*):[^?#]*@/i, `$1:${mask}@`)
    .replace(/([?&])([^=&#]*)=[^&#]*/g, (all, before: string, name: string) =>
      secretParameter.test(decoded(name)) ? `${before}${name}=${mask}` : all,
    );
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
