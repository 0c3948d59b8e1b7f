import { SecretValue } from './secret-value.ts';

const mask = '***';
/** Names of settings whose values are secrets, in any spelling. */
const secretName =
  /pass(?:word|wd|phrase)?$|secrets?$|token$|api_?key$|private_?key$|credentials?$|authorization$|cookie$|pepper$/i;
/** Names of settings that are secrets only where their value is a text: a list under `key` names columns. */
const secretTextName = /^(?:key|hash)$/i;

/** A copy of JSON-like data with `***` in place of secrets: by class, by the name of the setting, and passwords within URLs. */
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

/** URL parameters whose values are secrets. */
const secretParameter = /(?:pass\w*|secret|token|key)$/i;

/**
 * Masks both passwords in `scheme://user:password@host?password=x`. If the whole text is a URL, passwords may
 * contain blanks.
 */
function maskUrl(text: string): string {
  if (!text.includes('://')) return text;
  const masked = URL.canParse(text) ? maskWhole(text) : text;
  return masked
    .replace(/(\w+:\/\/[^/\s:]*):[^/\s]*@/g, `$1:${mask}@`)
    .replace(/([?&;][^=&\s]*(?:pass\w*|secret|token|key)=)[^&;\s]*/gi, `$1${mask}`);
}

/** A user name may contain @ (in some clouds), and a password that is not encoded may contain blanks or a slash. */
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
