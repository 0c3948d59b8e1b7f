import { type CredentialConfig, credentialProblems } from './credentials/config.ts';
import { isHostEntry } from './host-list.ts';

/** The part `outbound` of `foz.yaml`: requests that Foz sends. Its JSON Schema is in `schema/foz.schema.json`. */
export interface OutboundConfig {
  /** Exceptions: hosts, addresses and networks that may be called although the guard would refuse them. */
  readonly allow?: readonly string[];
  readonly proxy?: ProxyConfig;
  /** PEM certificates of certificate authorities that are trusted in addition to those of Node. */
  readonly ca?: string | readonly string[];
  readonly certificates?: readonly ClientCertificate[];
  /** Credentials that steps of workflows name. */
  readonly credentials?: readonly CredentialConfig[];
}

export interface ProxyConfig {
  /** `http:` or `https:`, with user and password where the proxy wants them. */
  readonly url: string;
  /** Hosts and networks that are called without the proxy. */
  readonly bypass?: readonly string[];
  /**
   * Where names are resolved. `here`: Foz resolves a name, checks the address, and gives the proxy that address. `proxy`: Foz gives the proxy
   * the name, so the proxy must refuse inner addresses.
   */
  readonly resolve?: 'here' | 'proxy';
}

/** A certificate that Foz shows to certain hosts. */
export interface ClientCertificate {
  readonly hosts: readonly string[];
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly passphrase?: string;
}

/** A problem in `outbound`, with its path there. Messages contain no secrets. */
export interface OutboundProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** All problems that the JSON Schema cannot find. */
export function checkOutbound(config: OutboundConfig): readonly OutboundProblem[] {
  const { proxy, certificates = [], credentials = [] } = config;
  return [
    ...hostProblems(config.allow, ['allow']),
    ...hostProblems(proxy?.bypass, ['proxy', 'bypass']),
    ...certificates.flatMap(({ hosts }, at) => hostProblems(hosts, ['certificates', at, 'hosts'])),
    ...credentials.flatMap(({ hosts }, at) => hostProblems(hosts, ['credentials', at, 'hosts'])),
    ...credentialProblems(credentials).map((one) => ({ ...one, path: ['credentials', ...one.path] })),
    ...(proxy === undefined ? [] : proxyProblems(proxy)),
  ];
}

function hostProblems(entries: readonly string[] = [], path: readonly (string | number)[]) {
  return entries.flatMap((entry, at) =>
    isHostEntry(entry)
      ? []
      : [
          {
            path: [...path, at],
            message: `"${entry}" is no host: write a name (hooks.internal, *.internal), an address or a network (10.0.0.0/8), with a port (hooks.internal:8080) to list that port only`,
          },
        ],
  );
}

function proxyProblems({ url }: ProxyConfig): readonly OutboundProblem[] {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.pathname === '/' && parsed.search === '')
    return [];
  return [
    { path: ['proxy', 'url'], message: 'it must be http://HOST:PORT or https://HOST:PORT, without a path' },
  ];
}
