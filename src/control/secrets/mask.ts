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

/** `scheme://user:password@host?password=x` loses both passwords. */
function maskUrl(text: string): string {
  if (!text.includes('://')) return text;
  return text
    .replace(/(\w+:\/\/[^/\s:@]*):[^/\s]*@/g, `$1:${mask}@`)
    .replace(/([?&;][^=&\s]*(?:pass\w*|secret|token|key)=)[^&;\s]*/gi, `$1${mask}`);
}
