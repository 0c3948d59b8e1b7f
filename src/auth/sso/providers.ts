import { isDeepStrictEqual } from 'node:util';
import type { GuardedSockets, HttpClient } from '../../outbound/index.ts';
import type { ProviderConfig } from './config.ts';
import type { SignInProtocol } from './contract.ts';
import { type Fetch, fetchBy } from './fetch.ts';
import { Ldap } from './ldap/ldap.ts';
import { Oidc } from './oidc/oidc.ts';
import { Saml } from './saml/saml.ts';

/** A provider: its configuration, and its protocol. */
export interface Provider {
  readonly config: ProviderConfig;
  readonly protocol: SignInProtocol;
}

/** By which protocols reach providers. */
interface Ways {
  readonly fetch: Fetch;
  readonly sockets: GuardedSockets;
}

/** How each protocol is made. */
const protocols: {
  readonly [Name in ProviderConfig['protocol']]: (
    config: Extract<ProviderConfig, { readonly protocol: Name }>,
    ways: Ways,
  ) => SignInProtocol;
} = {
  oidc: (config, { fetch }) => new Oidc(config, fetch),
  ldap: (config, { sockets }) => new Ldap(config, sockets),
  saml: (config, { fetch }) => new Saml(config, fetch),
};

function protocolOf(config: ProviderConfig, ways: Ways): SignInProtocol {
  const make = protocols[config.protocol] as (config: ProviderConfig, ways: Ways) => SignInProtocol;
  return make(config, ways);
}

/** The providers that people can sign in with. */
export class Providers {
  readonly #ways: Ways;
  #all: ReadonlyMap<string, Provider> = new Map();

  constructor(http: HttpClient, sockets: GuardedSockets) {
    this.#ways = { fetch: fetchBy(http), sockets };
  }

  /** Replaces the configurations. Providers that did not change keep what they know, such as keys. */
  use(configs: readonly ProviderConfig[]): void {
    const former = this.#all;
    this.#all = new Map(
      configs.map((config) => {
        const known = former.get(config.name);
        if (known !== undefined && isDeepStrictEqual(known.config, config)) return [config.name, known];
        return [config.name, { config, protocol: protocolOf(config, this.#ways) }];
      }),
    );
  }

  get(name: string): Provider | undefined {
    return this.#all.get(name);
  }

  /** In the order of the sign-in page. */
  get list(): readonly Provider[] {
    const title = ({ config }: Provider) => config.title ?? config.name;
    return [...this.#all.values()].sort(
      (left, right) =>
        (left.config.order ?? 0) - (right.config.order ?? 0) || title(left).localeCompare(title(right)),
    );
  }
}
