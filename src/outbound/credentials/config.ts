import { OutboundError } from '../fault.ts';
import type { SmtpCredential } from '../mail/smtp-credential.ts';
import type { HttpCredential } from './credential.ts';

type CredentialType = HttpCredential['type'] | 'smtp';

/** An entry of `outbound.credentials`. Which settings it has is decided by its type. */
export interface CredentialConfig {
  readonly name: string;
  readonly type: CredentialType;
  readonly hosts?: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  readonly in?: 'header' | 'query';
  readonly key_name?: string;
  readonly key?: string;
  readonly url?: string;
  readonly token_url?: string;
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly client_authentication?: 'basic' | 'body';
  readonly scope?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly refresh_token?: string;
  readonly access_key_id?: string;
  readonly secret_access_key?: string;
  readonly session_token?: string;
  readonly region?: string;
  readonly service?: string;
  readonly host?: string;
  readonly port?: number;
  readonly security?: SmtpCredential['security'];
  readonly from?: string;
}

type Setting = Exclude<keyof CredentialConfig, 'name' | 'type'>;

/** The settings of each type. Whoever writes a step chooses its URL, so all secrets but URLs are bound to hosts. */
const settings: Readonly<
  Record<CredentialType, { readonly required: readonly Setting[]; readonly optional?: readonly Setting[] }>
> = {
  basic: { required: ['hosts', 'username', 'password'] },
  bearer: { required: ['hosts', 'token'] },
  'api-key': { required: ['hosts', 'key_name', 'key'], optional: ['in'] },
  url: { required: ['url'], optional: ['hosts'] },
  oauth2: {
    required: ['hosts', 'token_url', 'client_id', 'client_secret'],
    optional: ['client_authentication', 'scope', 'parameters', 'refresh_token'],
  },
  aws: {
    required: ['hosts', 'access_key_id', 'secret_access_key', 'region', 'service'],
    optional: ['session_token'],
  },
  // Operators write the server itself, and steps cannot choose another one.
  smtp: { required: ['host'], optional: ['port', 'security', 'username', 'password', 'from'] },
};

/** The problems of credentials that the JSON Schema cannot find. Messages contain no secrets. */
export function credentialProblems(
  credentials: readonly CredentialConfig[],
): { readonly path: readonly (string | number)[]; readonly message: string }[] {
  const names = new Set<string>();
  return credentials.flatMap((entry, at) => {
    const problem = (message: string, ...path: string[]) => ({ path: [at, ...path], message });
    const { required, optional = [] } = settings[entry.type];
    const known: readonly string[] = ['name', 'type', ...required, ...optional];
    const isRepeated = names.has(entry.name);
    names.add(entry.name);
    return [
      ...(isRepeated ? [problem('has the name of an entry before it', 'name')] : []),
      ...required
        .filter((name) => entry[name] === undefined || (entry[name] as string).length === 0)
        .map((name) => problem(`a credential of type ${entry.type} needs "${name}"`)),
      ...Object.keys(entry)
        .filter((name) => !known.includes(name))
        .map((name) => problem(`a credential of type ${entry.type} has no "${name}"`, name)),
      ...(['url', 'token_url'] as const)
        .filter((name) => known.includes(name) && entry[name] !== undefined && !isHttpUrl(entry[name]))
        .map((name) => problem('must be an http: or https: URL', name)),
      ...(entry.type === 'smtp' ? smtpProblems(entry).map((message) => problem(message)) : []),
    ];
  });
}

function smtpProblems({ security, username, password }: CredentialConfig): string[] {
  const isAlone = (username === undefined) !== (password === undefined);
  return [
    ...(isAlone ? ['a credential of type smtp has both "username" and "password", or neither'] : []),
    ...(security === 'none' && password !== undefined
      ? ['a password is not sent without TLS: choose another "security"']
      : []),
  ];
}

/** The mail server of a checked entry. */
export function smtpOf({ name, type, ...entry }: CredentialConfig): SmtpCredential {
  if (type !== 'smtp')
    throw new OutboundError(
      'credential',
      `The credential "${name}" is none for mail: its type is ${type}, not smtp`,
    );
  const { host, username, password, from } = entry;
  const security = entry.security ?? (entry.port === 465 ? 'tls' : 'starttls');
  const port = entry.port ?? { tls: 465, starttls: 587, none: 25 }[security];
  return {
    ...{ host: host!, port, security },
    ...(username !== undefined && { username, password: password! }),
    ...(from !== undefined && { from }),
  };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** The credential of a checked entry. Throws OutboundError for one that is for mail. */
export function credentialOf(entry: CredentialConfig): HttpCredential {
  const { type, hosts } = entry;
  const scope = hosts === undefined ? {} : { hosts };
  switch (type) {
    case 'smtp':
      throw new OutboundError('credential', `The credential "${entry.name}" is for mail, not for HTTP`);
    case 'basic':
      return { ...scope, type, username: entry.username!, password: entry.password! };
    case 'bearer':
      return { ...scope, type, token: entry.token! };
    case 'api-key':
      return { ...scope, type, in: entry.in ?? 'header', name: entry.key_name!, value: entry.key! };
    case 'url':
      return { ...scope, type, url: entry.url! };
    case 'oauth2':
      return {
        ...{ ...scope, type, tokenUrl: entry.token_url! },
        ...{ clientId: entry.client_id!, clientSecret: entry.client_secret! },
        ...(entry.client_authentication && { clientAuthentication: entry.client_authentication }),
        ...(entry.scope !== undefined && { scope: entry.scope }),
        ...(entry.parameters !== undefined && { parameters: entry.parameters }),
        ...(entry.refresh_token !== undefined && { refreshToken: entry.refresh_token }),
      };
    case 'aws':
      return {
        ...{ ...scope, type, accessKeyId: entry.access_key_id!, secretAccessKey: entry.secret_access_key! },
        ...{ region: entry.region!, service: entry.service! },
        ...(entry.session_token !== undefined && { sessionToken: entry.session_token }),
      };
  }
}
