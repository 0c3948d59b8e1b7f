import type { LimitsConfig } from '../../access/index.ts';
import type { IssuerConfig, SignIns, WebhookConfig } from '../../auth/index.ts';
import type { CatalogIssue } from '../../catalog/index.ts';
import type { AllowedOperation } from '../../store/index.ts';
import type { AllowListConfig, LimitSettings } from '../../views/index.ts';
import type { FozConfig } from '../config/config.ts';

/** The parts of a configuration that the store adds to. */
export type FileSettings = Pick<
  FozConfig,
  'auth' | 'server' | 'allow_list' | 'audit' | 'naming' | 'numbers' | 'key_cap' | 'plan_cache'
>;

/** What the store says of the first secret; `sha256` is `null` where it counts no longer. */
export interface StoredFirst {
  readonly sha256: string | null;
}

/** What holds: the configuration file and the store together. */
export interface Settings {
  /** What the file says, and the store where the file says nothing; without what stands apart below. */
  readonly config: FileSettings;
  /** `null`: nobody is asked who they are. */
  readonly signIns: SignIns | null;
  /** What the store says of the admin secret of the first start; `null`: nothing yet. */
  readonly firstSecret: StoredFirst | null;
  readonly limits: LimitSettings;
  readonly allowLists: readonly AllowListConfig[];
  /** What of the store does not count, and why. */
  readonly issues: readonly CatalogIssue[];
}

/** An issuer of the store, its secret filled in. */
export interface StoredIssuer {
  readonly name: string;
  readonly config: IssuerConfig;
  readonly revision: number;
}

/** How an operation that is not on the list of its role is treated. */
export type AllowListMode = 'enforce' | 'report';

/** What the store says, secrets filled in. */
export interface StoredSettings {
  readonly issuers: readonly StoredIssuer[];
  readonly anonymousRole: string | null;
  readonly webhook: WebhookConfig | null;
  readonly cookieOrigins: readonly string[] | null;
  /** `sha256` is `null` for one that counts no longer. */
  readonly adminSecrets: readonly { readonly name: string; readonly sha256: string | null }[];
  /** By role; `''`: of everybody. */
  readonly limits: ReadonlyMap<string, LimitsConfig>;
  /** By role. */
  readonly modes: ReadonlyMap<string, AllowListMode>;
  readonly operations: readonly AllowedOperation[];
  /** By where they stand in the file: `server.cors`. */
  readonly general: ReadonlyMap<string, unknown>;
  /** How often each setting was changed, by its name in the store. */
  readonly revisions: ReadonlyMap<string, number>;
}

export const nothingStored: StoredSettings = {
  issuers: [],
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
