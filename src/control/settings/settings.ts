import type { LimitsConfig } from '../../access/index.ts';
import type { IssuerConfig, ProviderConfig, SignIns, WebhookConfig } from '../../auth/index.ts';
import type { CatalogIssue } from '../../catalog/index.ts';
import type { AllowedOperation } from '../../store/index.ts';
import type { AllowListConfig, LimitSettings } from '../../views/index.ts';
import type { FozConfig } from '../config/config.ts';

/** The parts of a configuration that the store adds to. */
export type FileSettings = Pick<
  FozConfig,
  'auth' | 'server' | 'allow_list' | 'audit' | 'naming' | 'numbers' | 'key_cap' | 'plan_cache'
>;

/** The first secret in the store; `sha256`: `null` after it was dropped. */
export interface StoredFirstSecret {
  readonly sha256: string | null;
}

/** The effective settings: those of the configuration file and the store together. */
export interface Settings {
  /** Settings of the file, or of the store where the file has none; without the parts that have members of their own below. */
  readonly config: FileSettings;
  /** `null`: there is no authentication. */
  readonly signIns: SignIns | null;
  /** The admin secret of the first start in the store; `null`: none yet. */
  readonly firstSecret: StoredFirstSecret | null;
  readonly limits: LimitSettings;
  readonly allowLists: readonly AllowListConfig[];
  /** Settings of the store that are not effective, and why. */
  readonly issues: readonly CatalogIssue[];
}

/** An issuer of the store, with its secret decrypted. */
export interface StoredIssuer {
  readonly name: string;
  readonly config: IssuerConfig;
  readonly revision: number;
}

/** A provider of the store, with its secrets decrypted. */
export interface StoredProvider {
  readonly name: string;
  readonly config: ProviderConfig;
  readonly revision: number;
}

/** How an operation that is not on the list of its role is treated. */
export type AllowListMode = 'enforce' | 'report';

/** The settings of the store, with secrets decrypted. */
export interface StoredSettings {
  readonly issuers: readonly StoredIssuer[];
  readonly providers: readonly StoredProvider[];
  readonly anonymousRole: string | null;
  readonly webhook: WebhookConfig | null;
  readonly cookieOrigins: readonly string[] | null;
  /** `sha256`: `null` for a secret that was dropped. */
  readonly adminSecrets: readonly { readonly name: string; readonly sha256: string | null }[];
  /** By role; `''`: the limits of all roles. */
  readonly limits: ReadonlyMap<string, LimitsConfig>;
  /** By role. */
  readonly modes: ReadonlyMap<string, AllowListMode>;
  readonly operations: readonly AllowedOperation[];
  /** By path in the file: `server.cors`. */
  readonly general: ReadonlyMap<string, unknown>;
  /** How often each setting was changed, by its name in the store. */
  readonly revisions: ReadonlyMap<string, number>;
}

export const nothingStored: StoredSettings = {
  issuers: [],
  providers: [],
  anonymousRole: null,
  webhook: null,
  cookieOrigins: null,
  adminSecrets: [],
  limits: new Map(),
  modes: new Map(),
  operations: [],
  general: new Map(),
  revisions: new Map(),
};
