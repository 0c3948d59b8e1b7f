export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A date-time string at UTC, such as 2007-12-03T10:15:30Z, compliant with the `date-time` format outlined in section 5.6 of the RFC 3339 profile of the ISO 8601 standard for representation of dates and times using the Gregorian calendar.This scalar is serialized to a string in ISO 8601 format and parsed from a string in ISO 8601 format. */
  DateTimeISO: { input: any; output: any; }
};

/** Something that was done or refused. */
export type AuditEntry = {
  actorId?: Maybe<Scalars['String']['output']>;
  /** How they proved who they are: `api-key`, `token`, ... */
  actorKind: Scalars['String']['output'];
  address?: Maybe<Scalars['String']['output']>;
  affectedRows?: Maybe<Scalars['Int']['output']>;
  at: Scalars['DateTimeISO']['output'];
  keyId?: Maybe<Scalars['String']['output']>;
  /** `control`, `sign-in`, `refusal`, `mutation`, `read`. */
  kind: Scalars['String']['output'];
  operation?: Maybe<Scalars['String']['output']>;
  /** `success`, `failure`, `refused`. */
  outcome: Scalars['String']['output'];
  /** The code of the error, the reason of a refusal. */
  reason?: Maybe<Scalars['String']['output']>;
  requestId?: Maybe<Scalars['String']['output']>;
  role?: Maybe<Scalars['String']['output']>;
  /** 1, 2, 3, ... without gaps. */
  seq: Scalars['Int']['output'];
  source?: Maybe<Scalars['String']['output']>;
  table?: Maybe<Scalars['String']['output']>;
};

/** Entries that are equal in all that is given. */
export type AuditFilterInput = {
  actorId?: InputMaybe<Scalars['String']['input']>;
  keyId?: InputMaybe<Scalars['String']['input']>;
  outcome?: InputMaybe<Scalars['String']['input']>;
  requestId?: InputMaybe<Scalars['String']['input']>;
  source?: InputMaybe<Scalars['String']['input']>;
  table?: InputMaybe<Scalars['String']['input']>;
};

export type AuditPage = {
  /** Newest first. */
  entries: Array<AuditEntry>;
  /** Where the next page starts; null: this was the last one. */
  next?: Maybe<Scalars['Int']['output']>;
};

/** Whether everything is as it should be. */
export type Health = {
  /** Places of what had to be left out, as in shop.public.orders.total. */
  leftOut: Array<Scalars['String']['output']>;
  /** Every source serves and nothing had to be left out. */
  ok: Scalars['Boolean']['output'];
  /** Sources that do not serve. */
  unavailable: Array<Scalars['String']['output']>;
};

/** Something in a database or in the metadata that could not be taken as it is. */
export type Issue = {
  reason: Scalars['String']['output'];
  /** `error`: left out. `note`: works, but maybe not as expected. */
  severity: Scalars['String']['output'];
  /** As in shop.public.orders.total. */
  where: Scalars['String']['output'];
};

/** An API key, without its secret. */
export type Key = {
  createdAt: Scalars['DateTimeISO']['output'];
  description?: Maybe<Scalars['String']['output']>;
  expiresAt?: Maybe<Scalars['DateTimeISO']['output']>;
  id: Scalars['String']['output'];
  lastUsedAddress?: Maybe<Scalars['String']['output']>;
  lastUsedAt?: Maybe<Scalars['DateTimeISO']['output']>;
  name: Scalars['String']['output'];
  owner?: Maybe<Scalars['String']['output']>;
  /** How the texts start that are accepted: foz_<prefix>_... */
  prefixes: Array<Scalars['String']['output']>;
  revokedAt?: Maybe<Scalars['DateTimeISO']['output']>;
  roles: Array<Scalars['String']['output']>;
};

/** What a new key is to be. */
export type KeyInput = {
  /** The role of requests that choose none. */
  defaultRole?: InputMaybe<Scalars['String']['input']>;
  description?: InputMaybe<Scalars['String']['input']>;
  expiresAt?: InputMaybe<Scalars['DateTimeISO']['input']>;
  name: Scalars['String']['input'];
  /** Networks that it is accepted from, as 10.0.0.0/8. */
  networks?: InputMaybe<Array<Scalars['String']['input']>>;
  owner?: InputMaybe<Scalars['String']['input']>;
  rateLimit?: InputMaybe<KeyRateInput>;
  roles: Array<Scalars['String']['input']>;
  /** A part of what the roles may do. */
  scopes?: InputMaybe<KeyScopesInput>;
};

/** A kind of operation that a key is for. */
export type KeyOperation =
  | 'read'
  | 'subscribe'
  | 'write';

export type KeyRateInput = {
  requests: Scalars['Int']['input'];
  seconds: Scalars['Int']['input'];
};

export type KeyScopesInput = {
  operations?: InputMaybe<Array<KeyOperation>>;
  /** Sources, `*` for any part of a name. */
  sources?: InputMaybe<Array<Scalars['String']['input']>>;
  /** source.table or source.namespace.table. */
  tables?: InputMaybe<Array<Scalars['String']['input']>>;
};

export type Mutation = {
  /** Makes an API key; its text is shown only now. */
  createKey: ShownKey;
  /** Reads what a source contains anew; the graph is swapped when something has changed. */
  refreshSource: Source;
  /** Ends a key for good, within two seconds everywhere. */
  revokeKey: Key;
  /** Gives a key another text; the old one is accepted a while longer. */
  rotateKey: ShownKey;
};


export type MutationCreateKeyArgs = {
  input: KeyInput;
};


export type MutationRefreshSourceArgs = {
  name: Scalars['String']['input'];
};


export type MutationRevokeKeyArgs = {
  id: Scalars['String']['input'];
};


export type MutationRotateKeyArgs = {
  id: Scalars['String']['input'];
  overlapSeconds?: Scalars['Int']['input'];
};

export type Query = {
  /** The audit log. */
  audit: AuditPage;
  /** The statements of an operation, without running any. */
  explain: Scalars['String']['output'];
  /** Whether all sources serve all they contain. */
  health: Health;
  /** What the catalog could not take as it is. */
  issues: Array<Issue>;
  /** The API keys of the store, by name. */
  keys: Array<Key>;
  /** All attached databases. */
  sources: Array<Source>;
};


export type QueryAuditArgs = {
  before?: InputMaybe<Scalars['Int']['input']>;
  filter?: InputMaybe<AuditFilterInput>;
  limit?: Scalars['Int']['input'];
};


export type QueryExplainArgs = {
  operationName?: InputMaybe<Scalars['String']['input']>;
  query: Scalars['String']['input'];
  role?: InputMaybe<Scalars['String']['input']>;
  variables?: InputMaybe<Scalars['String']['input']>;
};


export type QueryKeysArgs = {
  revoked?: Scalars['Boolean']['input'];
};

/** A key with its text, which is shown this once. */
export type ShownKey = {
  key: Key;
  /** To be sent in X-API-Key, or after "Authorization: Bearer". */
  text: Scalars['String']['output'];
};

/** An attached database. */
export type Source = {
  /** Kind of database: postgres, mysql, ... */
  kind: Scalars['String']['output'];
  /** As the configuration calls it. */
  name: Scalars['String']['output'];
  /** Why it does not serve. */
  reason?: Maybe<Scalars['String']['output']>;
  /** Since when it is in this state, ISO 8601. */
  since?: Maybe<Scalars['String']['output']>;
  state: SourceState;
  /** Tables and views in its catalog. */
  tables: Scalars['Int']['output'];
  /** Version as the server tells it. */
  version?: Maybe<Scalars['String']['output']>;
};

/** Whether a source serves. */
export type SourceState =
  | 'available'
  | 'starting'
  | 'unavailable';
