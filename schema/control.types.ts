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
  /** The `JSON` scalar type represents JSON values as specified by [ECMA-404](http://www.ecma-international.org/publications/files/ECMA-ST/ECMA-404.pdf). */
  JSON: { input: unknown; output: unknown; }
  /** The `SafeInt` scalar type represents non-fractional signed whole numeric values that are considered safe as defined by the ECMAScript specification. */
  SafeInt: { input: number; output: number; }
};

export type AdminSecretName = {
  name: Scalars['String']['output'];
  /** `file` or `store`; those of the file cannot be changed here. */
  owner: Scalars['String']['output'];
};

/** The operations that a role may ask for. */
export type AllowList = {
  mode: AllowListMode;
  operations: Array<AllowedOperation>;
  /** `file` or `store`; those of the file cannot be changed here. */
  owner: Scalars['String']['output'];
  role: Scalars['String']['output'];
};

/** How operations are treated that are not on the list of a role. */
export type AllowListMode =
  /** They are refused. */
  | 'enforce'
  /** The role may ask for anything. */
  | 'off'
  /** They are answered, and recorded as unlisted. */
  | 'report';

/** A document whose operations a role may ask for. */
export type AllowedOperation = {
  document: Scalars['String']['output'];
  /** SHA-256 of the document, in hex. */
  hash: Scalars['String']['output'];
  name?: Maybe<Scalars['String']['output']>;
};

/** Something that was done or refused. */
export type AuditEntry = {
  actorId?: Maybe<Scalars['String']['output']>;
  /** How they proved who they are: `api-key`, `token`, ... */
  actorKind: Scalars['String']['output'];
  address?: Maybe<Scalars['String']['output']>;
  affectedRows?: Maybe<Scalars['SafeInt']['output']>;
  /** The value after the change, as JSON; secrets are `***`. */
  after?: Maybe<Scalars['String']['output']>;
  at: Scalars['DateTimeISO']['output'];
  /** The value before the change, as JSON; secrets are `***`. */
  before?: Maybe<Scalars['String']['output']>;
  keyId?: Maybe<Scalars['String']['output']>;
  /** `control`, `sign-in`, `refusal`, `mutation`, `read`. */
  kind: Scalars['String']['output'];
  operation?: Maybe<Scalars['String']['output']>;
  /** `success`, `failure`, `refused`, `unknown`. */
  outcome: Scalars['String']['output'];
  /** The code of the error, the reason of a refusal. */
  reason?: Maybe<Scalars['String']['output']>;
  requestId?: Maybe<Scalars['String']['output']>;
  role?: Maybe<Scalars['String']['output']>;
  /** 1, 2, 3, ... without gaps. */
  seq: Scalars['SafeInt']['output'];
  source?: Maybe<Scalars['String']['output']>;
  table?: Maybe<Scalars['String']['output']>;
};

/** Entries that are equal in all that is given. */
export type AuditFilterInput = {
  actorId?: InputMaybe<Scalars['String']['input']>;
  actorKind?: InputMaybe<Scalars['String']['input']>;
  address?: InputMaybe<Scalars['String']['input']>;
  keyId?: InputMaybe<Scalars['String']['input']>;
  /** Any of these. */
  kinds?: InputMaybe<Array<AuditKind>>;
  operation?: InputMaybe<Scalars['String']['input']>;
  outcome?: InputMaybe<Scalars['String']['input']>;
  requestId?: InputMaybe<Scalars['String']['input']>;
  role?: InputMaybe<Scalars['String']['input']>;
  /** From this moment on. */
  since?: InputMaybe<Scalars['DateTimeISO']['input']>;
  source?: InputMaybe<Scalars['String']['input']>;
  table?: InputMaybe<Scalars['String']['input']>;
  /** Before this moment. */
  until?: InputMaybe<Scalars['DateTimeISO']['input']>;
};

/** Something that is wrong with the audit log. */
export type AuditFinding = {
  /** `changed`, `removed`, `reordered`, `added`, `cut`, `unsigned`, `checkpoint`. */
  kind: Scalars['String']['output'];
  message: Scalars['String']['output'];
  seq?: Maybe<Scalars['SafeInt']['output']>;
};

/** The kinds of records in the audit log. */
export type AuditKind =
  | 'control'
  | 'mutation'
  | 'read'
  | 'refusal'
  | 'sign_in';

export type AuditPage = {
  /** Newest first. */
  entries: Array<AuditEntry>;
  /** Where the next page starts; null: this was the last one. */
  next?: Maybe<Scalars['SafeInt']['output']>;
};

/** The records that were removed from the audit log. */
export type AuditRemoval = {
  /** Older records were removed. */
  before: Scalars['DateTimeISO']['output'];
  removed: Scalars['SafeInt']['output'];
  /** The log begins after the record of this number; null: nothing was ever removed. */
  through?: Maybe<Scalars['SafeInt']['output']>;
};

/** The result of verifying the whole audit log. */
export type AuditVerification = {
  first?: Maybe<Scalars['SafeInt']['output']>;
  /** Of the last record: a copy of it shows later changes of the log. */
  hash: Scalars['String']['output'];
  last?: Maybe<Scalars['SafeInt']['output']>;
  ok: Scalars['Boolean']['output'];
  /** At most 100. */
  problems: Array<AuditFinding>;
  records: Scalars['SafeInt']['output'];
};

/** How the changes of the data are followed. `auto`: by the best method that works. `polling`: watched queries run once a second. `off`: nobody can subscribe. */
export type ChangeMethod =
  | 'auto'
  | 'off'
  | 'polling'
  | 'replication'
  | 'triggers';

/** The effect of a graph change on clients. `breaking`: operations may be refused that were valid before. `dangerous`: operations may return another answer. `safe`: none. */
export type ChangeSeverity =
  | 'breaking'
  | 'dangerous'
  | 'safe';

/** A column of the database, and what metadata says of it. */
export type Column = {
  array: Scalars['Boolean']['output'];
  /** By metadata, else by the database. */
  comment?: Maybe<Scalars['String']['output']>;
  customName?: Maybe<Scalars['String']['output']>;
  databaseComment?: Maybe<Scalars['String']['output']>;
  /** Computed by the database. */
  generated: Scalars['Boolean']['output'];
  hasDefault: Scalars['Boolean']['output'];
  /** Nobody sees it. */
  hidden: Scalars['Boolean']['output'];
  name: Scalars['String']['output'];
  /** As the database spells it. */
  nativeType: Scalars['String']['output'];
  nullable: Scalars['Boolean']['output'];
  /** The scalar type of the column in Foz. */
  scalar: Scalars['String']['output'];
  /** The validation rules for written values. */
  validation: Array<Scalars['JSON']['output']>;
  /** Values of an enum of the database. */
  values?: Maybe<Array<Scalars['String']['output']>>;
};

export type ColumnPair = {
  from: Scalars['String']['output'];
  to: Scalars['String']['output'];
};

export type ColumnPairInput = {
  from: Scalars['String']['input'];
  to: Scalars['String']['input'];
};

/** An event on its way to the endpoint of an event trigger. */
export type Delivery = {
  addedAt: Scalars['DateTimeISO']['output'];
  /** The log of its attempts, the first one first. */
  attemptLog: Array<DeliveryAttempt>;
  /** Since it was added, or delivered again by hand. */
  attempts: Scalars['Int']['output'];
  endedAt?: Maybe<Scalars['DateTimeISO']['output']>;
  /** The event trigger. */
  endpoint: Scalars['String']['output'];
  /** The id of the event, which is `webhook-id` at each attempt. */
  event: Scalars['String']['output'];
  id: Scalars['String']['output'];
  /** Deliveries of one key are made one after the other. */
  key?: Maybe<Scalars['String']['output']>;
  /** JSON. */
  payload: Scalars['String']['output'];
  state: DeliveryState;
  time: Scalars['String']['output'];
  /** As in `orders.update`. */
  type: Scalars['String']['output'];
};

/** One request to an endpoint, and its answer. Secrets are `***`. */
export type DeliveryAttempt = {
  at: Scalars['DateTimeISO']['output'];
  /** Why there was no answer. */
  fault?: Maybe<Scalars['String']['output']>;
  milliseconds: Scalars['Float']['output'];
  number: Scalars['Int']['output'];
  requestHeaders: Scalars['JSON']['output'];
  /** The beginning of the body. */
  responseBody?: Maybe<Scalars['String']['output']>;
  responseHeaders?: Maybe<Scalars['JSON']['output']>;
  /** null: there was no answer. */
  status?: Maybe<Scalars['Int']['output']>;
};

/** Conditions that a delivery must meet. */
export type DeliveryFilterInput = {
  /** The event trigger. */
  endpoint?: InputMaybe<Scalars['String']['input']>;
  /** Added at this time or later. */
  from?: InputMaybe<Scalars['DateTimeISO']['input']>;
  ids?: InputMaybe<Array<Scalars['String']['input']>>;
  state?: InputMaybe<DeliveryState>;
  /** Added before this time. */
  to?: InputMaybe<Scalars['DateTimeISO']['input']>;
};

/** A page of deliveries, the latest first. */
export type DeliveryPage = {
  entries: Array<Delivery>;
  /** For `before`; null: this is the last page. */
  next?: Maybe<Scalars['String']['output']>;
};

/** `pending`: attempts go on. `delivered`: the endpoint has accepted it. `dead`: it was given up. */
export type DeliveryState =
  | 'dead'
  | 'delivered'
  | 'pending';

/** An event trigger without faults, and its state. */
export type EventTrigger = {
  comment?: Maybe<Scalars['String']['output']>;
  /** Deliveries that were given up. */
  dead: Scalars['SafeInt']['output'];
  /** Its entry in the metadata. */
  definition: Scalars['JSON']['output'];
  /** Whether the changes of its table are recorded. */
  following: Scalars['Boolean']['output'];
  /** The last time that changes were found missing. */
  gapAt?: Maybe<Scalars['DateTimeISO']['output']>;
  /** Why changes are missing. */
  gapReason?: Maybe<Scalars['String']['output']>;
  name: Scalars['String']['output'];
  /** `insert`, `update`, `delete`. */
  operations: Array<Scalars['String']['output']>;
  /** No attempts are made. Changes are recorded nevertheless. */
  paused: Scalars['Boolean']['output'];
  /** Deliveries that nobody has accepted yet. */
  pending: Scalars['SafeInt']['output'];
  /** Why it does not work now; null: it does. */
  problem?: Maybe<Scalars['String']['output']>;
  source: Scalars['String']['output'];
  /** As in `shop.public.orders`. */
  table: Scalars['String']['output'];
};

/** `idle`: nobody subscribes. `following`: changes are reported. `polling`: watched queries run once a second. `off`: nobody can subscribe. */
export type FollowingState =
  | 'following'
  | 'idle'
  | 'off'
  | 'polling';

export type ForeignKeyInput = {
  columns: Array<Scalars['String']['input']>;
  on: ForeignKeySide;
};

/** Which table of a relationship holds the foreign key. */
export type ForeignKeySide =
  | 'other'
  | 'this';

/** A difference between two versions of the graph. */
export type GraphChange = {
  /** `added`, `removed`, `changed`. */
  change: Scalars['String']['output'];
  /** The `what` of the change that this one only follows from. */
  follows?: Maybe<Scalars['String']['output']>;
  severity: ChangeSeverity;
  /** In words. */
  text: Scalars['String']['output'];
  /** As in orders, orders.note or query_root.orders.limit. */
  what: Scalars['String']['output'];
};

/** The changes of the graph that were served from one moment on. */
export type GraphChanges = {
  /** When it was found, ISO 8601. */
  at: Scalars['String']['output'];
  /** Breaking ones first. */
  changes: Array<GraphChange>;
  /** Found at the start, against what was served before it. */
  sinceLastStart: Scalars['Boolean']['output'];
};

/** Whether everything is as it should be. */
export type Health = {
  /** Records that the audit log lacks since this process started (`audit.when_down` is `open`). */
  auditLost: Scalars['SafeInt']['output'];
  /** Places of what had to be left out, as in shop.public.orders.total. */
  leftOut: Array<Scalars['String']['output']>;
  /** Every source serves, nothing had to be left out, the store answers, no audit record is lost. */
  ok: Scalars['Boolean']['output'];
  /** Why the store does not answer. */
  store?: Maybe<Scalars['String']['output']>;
  /** Sources that do not serve. */
  unavailable: Array<Scalars['String']['output']>;
};

/** An inbound webhook of the metadata. */
export type Hook = {
  /** As files of metadata have it. */
  definition: Scalars['JSON']['output'];
  description?: Maybe<Scalars['String']['output']>;
  /** false: its path answers 404. */
  enabled: Scalars['Boolean']['output'];
  /** Its faults. */
  faults: Array<Scalars['String']['output']>;
  name: Scalars['String']['output'];
  /** As in /hooks/payments. */
  path: Scalars['String']['output'];
  /** The name of the signal that it gives instead. */
  signal?: Maybe<Scalars['String']['output']>;
  /** The workflow that it starts. */
  workflow?: Maybe<Scalars['String']['output']>;
};

/** A call of an inbound webhook. Secrets are `***`. */
export type HookCall = {
  address?: Maybe<Scalars['String']['output']>;
  at: Scalars['DateTimeISO']['output'];
  /** Length of its body; null: it was refused before, and cannot be replayed. */
  bytes?: Maybe<Scalars['Int']['output']>;
  headers: Scalars['JSON']['output'];
  hook: Scalars['String']['output'];
  id: Scalars['String']['output'];
  method: Scalars['String']['output'];
  outcome: HookCallOutcome;
  query: Scalars['String']['output'];
  /** Why it was refused; the caller did not learn it. */
  reason?: Maybe<Scalars['String']['output']>;
  /** The id of the call that it repeats. */
  replayOf?: Maybe<Scalars['String']['output']>;
  /** The id of its run. */
  run?: Maybe<Scalars['String']['output']>;
  /** The HTTP status of the answer. */
  status: Scalars['Int']['output'];
};

/** The outcome of a call. */
export type HookCallOutcome =
  | 'accepted'
  | 'challenge'
  | 'duplicate'
  | 'refused';

export type HookCallPage = {
  /** Newest first. */
  entries: Array<HookCall>;
  /** Where the next page starts; null: this was the last one. */
  next?: Maybe<Scalars['SafeInt']['output']>;
};

/** A person at a provider. */
export type Identity = {
  /** The issuer of the subject. */
  authority: Scalars['String']['output'];
  email?: Maybe<Scalars['String']['output']>;
  /** Whether the provider says that the person has the address. */
  emailVerified: Scalars['Boolean']['output'];
  lastSignedInAt: Scalars['DateTimeISO']['output'];
  provider: Scalars['String']['output'];
  /** Roles by the rules of the provider, as of the last sign-in. */
  roles: Array<Scalars['String']['output']>;
  subject: Scalars['String']['output'];
  /** Session variables, names without prefix. */
  variables: Scalars['JSON']['output'];
};

/** Something in a database or in the metadata that could not be taken as it is. */
export type Issue = {
  reason: Scalars['String']['output'];
  /** `error`: left out. `note`: works, but maybe not as expected. */
  severity: Scalars['String']['output'];
  /** `names`: something is not called as it asked to be. `follows`: it goes away with its cause, which is another issue or a source that is not there. */
  topic?: Maybe<Scalars['String']['output']>;
  /** As in shop.public.orders.total. */
  where: Scalars['String']['output'];
};

/** The name that a table keeps, and those of its relationships. */
export type KeptName = {
  /** null: metadata gives the table its name. */
  name?: Maybe<Scalars['String']['output']>;
  relationships: Array<KeptRelationship>;
  source: Scalars['String']['output'];
  /** As orders, or sales.orders outside of the default namespace. */
  table: Scalars['String']['output'];
};

/** The name of a relationship that was found by a foreign key. */
export type KeptRelationship = {
  /** Its columns and those it leads to. */
  foreignKey: Scalars['String']['output'];
  name: Scalars['String']['output'];
};

/** An API key, without its secret. */
export type Key = {
  /** Whether backend-only permissions hold. */
  backend: Scalars['Boolean']['output'];
  /** null: the file declares it. */
  createdAt?: Maybe<Scalars['DateTimeISO']['output']>;
  /** Whether the configuration file declares it: then it is changed, rotated and ended there. */
  declared: Scalars['Boolean']['output'];
  defaultRole?: Maybe<Scalars['String']['output']>;
  description?: Maybe<Scalars['String']['output']>;
  expiresAt?: Maybe<Scalars['DateTimeISO']['output']>;
  id: Scalars['String']['output'];
  /** From where that was. */
  lastUsedAddress?: Maybe<Scalars['String']['output']>;
  /** Written down every 10 seconds. Of a key of the file only what the process that answers has seen since it started. */
  lastUsedAt?: Maybe<Scalars['DateTimeISO']['output']>;
  /** Smaller limits than those of its roles. */
  limits?: Maybe<Scalars['JSON']['output']>;
  name: Scalars['String']['output'];
  /** Where it may be used from; null: anywhere. */
  networks?: Maybe<Array<Scalars['String']['output']>>;
  /** Probable mistakes: patterns of its scopes that match nothing, session variables that its roles need and it does not set. */
  notes: Array<Scalars['String']['output']>;
  /** Who may see, rotate and end it at /account/graphql: as `https://id.example.com ada`. */
  owner?: Maybe<Scalars['String']['output']>;
  /** How the texts start that are accepted: foz_<prefix>_... */
  prefixes: Array<Scalars['String']['output']>;
  rateLimit?: Maybe<KeyRate>;
  /** How often it was changed, from 1; 0: the file declares it. */
  revision: Scalars['SafeInt']['output'];
  revokedAt?: Maybe<Scalars['DateTimeISO']['output']>;
  roles: Array<Scalars['String']['output']>;
  rotatedAt?: Maybe<Scalars['DateTimeISO']['output']>;
  scopes?: Maybe<KeyScopes>;
  /** Session variables, without x-foz-. */
  variables: Scalars['JSON']['output'];
};

/** The changed settings of a key. An absent setting stays, null removes it. */
export type KeyChange = {
  /** Lets it use backend-only permissions. */
  backend?: InputMaybe<Scalars['Boolean']['input']>;
  /** The role of requests that choose none. */
  defaultRole?: InputMaybe<Scalars['String']['input']>;
  description?: InputMaybe<Scalars['String']['input']>;
  expiresAt?: InputMaybe<Scalars['DateTimeISO']['input']>;
  /** Smaller limits than those of its roles, as `auth.api_keys[].limits` in foz.yaml. */
  limits?: InputMaybe<Scalars['JSON']['input']>;
  name?: InputMaybe<Scalars['String']['input']>;
  /** Networks that it is accepted from, as 10.0.0.0/8. */
  networks?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Issuer and subject of a token, as `https://id.example.com ada`: may see, rotate and end it. */
  owner?: InputMaybe<Scalars['String']['input']>;
  rateLimit?: InputMaybe<KeyRateInput>;
  roles?: InputMaybe<Array<Scalars['String']['input']>>;
  /** A part of what the roles may do. */
  scopes?: InputMaybe<KeyScopesInput>;
  /** Session variables, as {"user-id": "7"}. */
  variables?: InputMaybe<Scalars['JSON']['input']>;
};

/** When keys of two sources are equal. `exact`: where the fields show the same value. `ignore_case`: also where texts differ in the case of A to Z only. */
export type KeyComparison =
  | 'exact'
  | 'ignore_case';

/** The settings of a new key. */
export type KeyInput = {
  /** Lets it use backend-only permissions. */
  backend?: InputMaybe<Scalars['Boolean']['input']>;
  /** The role of requests that choose none. */
  defaultRole?: InputMaybe<Scalars['String']['input']>;
  description?: InputMaybe<Scalars['String']['input']>;
  expiresAt?: InputMaybe<Scalars['DateTimeISO']['input']>;
  /** Smaller limits than those of its roles, as `auth.api_keys[].limits` in foz.yaml. */
  limits?: InputMaybe<Scalars['JSON']['input']>;
  name: Scalars['String']['input'];
  /** Networks that it is accepted from, as 10.0.0.0/8. */
  networks?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Issuer and subject of a token, as `https://id.example.com ada`: may see, rotate and end it. */
  owner?: InputMaybe<Scalars['String']['input']>;
  rateLimit?: InputMaybe<KeyRateInput>;
  roles: Array<Scalars['String']['input']>;
  /** A part of what the roles may do. */
  scopes?: InputMaybe<KeyScopesInput>;
  /** Session variables, as {"user-id": "7"}. */
  variables?: InputMaybe<Scalars['JSON']['input']>;
};

/** A kind of operation that a key is for. */
export type KeyOperation =
  | 'read'
  | 'subscribe'
  | 'write';

/** At most so many operations within so many seconds. */
export type KeyRate = {
  requests: Scalars['SafeInt']['output'];
  seconds: Scalars['SafeInt']['output'];
};

export type KeyRateInput = {
  requests: Scalars['SafeInt']['input'];
  seconds: Scalars['SafeInt']['input'];
};

/** A part of what the roles of a key may do; what is null is not narrowed. */
export type KeyScopes = {
  operations?: Maybe<Array<KeyOperation>>;
  sources?: Maybe<Array<Scalars['String']['output']>>;
  tables?: Maybe<Array<Scalars['String']['output']>>;
};

export type KeyScopesInput = {
  operations?: InputMaybe<Array<KeyOperation>>;
  /** Sources, `*` for any part of a name. */
  sources?: InputMaybe<Array<Scalars['String']['input']>>;
  /** source.table or source.namespace.table. */
  tables?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** Limits of a role, or of everybody. */
export type Limits = {
  /** The limits that the configuration file sets, which cannot be changed here. */
  declared: Array<Scalars['String']['output']>;
  /** As `server.limits` in foz.yaml. */
  limits: Scalars['JSON']['output'];
  /** null: everybody. */
  role?: Maybe<Scalars['String']['output']>;
};

/** The metadata: the declarations about the tables of all sources. */
export type Metadata = {
  /** As files of metadata have it. */
  document: Scalars['JSON']['output'];
  /** The file that holds it, so that it cannot be changed here; null: the store does. */
  owner?: Maybe<Scalars['String']['output']>;
  /** 0: nothing was ever written, or the configuration holds it. */
  resourceVersion: Scalars['SafeInt']['output'];
};

/** One thing that differs between two versions of the metadata. */
export type MetadataChange = {
  after?: Maybe<Scalars['JSON']['output']>;
  before?: Maybe<Scalars['JSON']['output']>;
  /** `added`, `removed`, `changed`. */
  change: Scalars['String']['output'];
  /** As in select_permissions.buyer. */
  part: Scalars['String']['output'];
  /** In words. */
  text: Scalars['String']['output'];
  /** As in shop.sales.orders. */
  where: Scalars['String']['output'];
};

/** The effect of a change of the metadata, or of a dry run. */
export type MetadataResult = {
  /** false: it was only tried, or there was nothing to change. */
  applied: Scalars['Boolean']['output'];
  /** Issues that the change adds. */
  causes: Array<Issue>;
  changes: Array<MetadataChange>;
  /** Issues that the change resolves. */
  cures: Array<Issue>;
  /** The version now. */
  resourceVersion: Scalars['SafeInt']['output'];
};

/** One version of the metadata. */
export type MetadataVersion = {
  actorId?: Maybe<Scalars['String']['output']>;
  /** How they proved who they are: `api-key`, `token`, ... */
  actorKind: Scalars['String']['output'];
  at: Scalars['DateTimeISO']['output'];
  comment?: Maybe<Scalars['String']['output']>;
  version: Scalars['SafeInt']['output'];
};

export type Mutation = {
  /** Puts the operations of a document on the list of a role. */
  allowOperation: AllowList;
  /** Attaches a database, which serves when this is answered; other processes follow within 2 s. */
  attachSource: Source;
  /** Cancels a run: it begins no further step, and records nothing more. */
  cancelRun: Run;
  /** Makes an admin secret; its text is shown only now. */
  createAdminSecret: Scalars['String']['output'];
  /** Makes an API key; its text is shown only now. */
  createKey: ShownKey;
  /** Declares a relationship, maybe to another source. */
  createRelationship: MetadataResult;
  /** Renames, describes, hides or shows a column. */
  customizeColumn: MetadataResult;
  /** Names and describes a table. */
  customizeTable: MetadataResult;
  /** Takes a database away; what runs on it ends first, what the metadata says of it stays. */
  detachSource: Scalars['Boolean']['output'];
  /** Disables a user, whose sessions end everywhere within two seconds. */
  disableUser: User;
  /** Takes a document off the list of a role. */
  disallowOperation: AllowList;
  /** Ends an admin secret, `first-start` too, when there is another one. */
  dropAdminSecret: SignIns;
  /** Removes a cron trigger. */
  dropCronTrigger: MetadataResult;
  /** Removes an inbound webhook. */
  dropHook: MetadataResult;
  /** Removes a secret of webhooks. */
  dropHookSecret: Scalars['Boolean']['output'];
  /** Ends an inherited role. */
  dropInheritedRole: MetadataResult;
  /** Takes an issuer away; sessions of its tokens are over. */
  dropIssuer: Scalars['Boolean']['output'];
  /** Takes a permission from a role. */
  dropPermission: MetadataResult;
  /** Removes a provider; sessions of people who signed in with it end. */
  dropProvider: Scalars['Boolean']['output'];
  /** Takes a declared relationship away. */
  dropRelationship: MetadataResult;
  /** Removes a sync. The tables stay as they are. */
  dropSync: MetadataResult;
  /** Removes a user with all identities and sessions; who signs in again is a new user. */
  dropUser: Scalars['Boolean']['output'];
  /** Removes a workflow. Its runs go on. */
  dropWorkflow: MetadataResult;
  /** Enables a cron trigger, or disables it. */
  enableCronTrigger: MetadataResult;
  /** Enables an inbound webhook, or disables it. */
  enableHook: MetadataResult;
  /** Enables a sync, or disables it. */
  enableSync: MetadataResult;
  /** Lets a disabled user sign in again. */
  enableUser: User;
  /** Enables a workflow, or disables it: a disabled one takes no new runs. */
  enableWorkflow: MetadataResult;
  /** Ends a session everywhere within two seconds. */
  endUserSession: Scalars['Boolean']['output'];
  /** Ends all sessions of a user; returns their number. */
  endUserSessions: Scalars['Int']['output'];
  /** Delivers a row that is there, as the operation MANUAL. The answer is the id of the delivery. */
  invokeEventTrigger: Scalars['String']['output'];
  /** Adds a delivery by hand. The answer is its id. */
  invokeTrigger: Scalars['String']['output'];
  /** Makes no attempts for a trigger until it is resumed. Changes are recorded meanwhile. */
  pauseEventTrigger?: Maybe<EventTrigger>;
  /** Pauses a run: no step of it begins until it is resumed. */
  pauseRun: Run;
  /** Makes no changes until the sync is resumed. */
  pauseSync?: Maybe<Sync>;
  /** Makes no attempts for a trigger until it is resumed. Deliveries are added meanwhile. */
  pauseTrigger?: Maybe<Trigger>;
  /** Removes old records of the audit log, as far as the configuration file lets them go; the rest can still be verified, and the removal is a record itself. */
  pruneAudit: AuditRemoval;
  /** Adds a cron trigger, or replaces the one with its name. */
  putCronTrigger: MetadataResult;
  /** Adds an inbound webhook, or replaces the one with its name. */
  putHook: MetadataResult;
  /** Stores a secret, encrypted, which webhooks refer to as {"secret": name}. */
  putHookSecret: Scalars['Boolean']['output'];
  /** Adds an issuer of tokens, or changes the one of its name. */
  putIssuer: TokenIssuer;
  /** Adds a provider, or changes the one of its name. */
  putProvider: Provider;
  /** Adds a sync, or replaces the one with its name. */
  putSync: MetadataResult;
  /** Adds a workflow, or replaces the one with its name. */
  putWorkflow: MetadataResult;
  /** Delivers deliveries that have ended again, the oldest first. The answer is their number. */
  redeliver: Scalars['Int']['output'];
  /** Reads what a source contains anew; the graph is swapped when something has changed. */
  refreshSource: Source;
  /** Gives a relationship another name, in the rules of permissions too. */
  renameRelationship: MetadataResult;
  /** Has the whole tables compared, and the rows brought in step that differ. */
  repairSync?: Maybe<Sync>;
  /** Puts another document in the place of the metadata. */
  replaceMetadata: MetadataResult;
  /** Starts a run for a call of the log again, or gives its signal again, by the present definition. Returns the id of the run or signal. */
  replayHookCall: Scalars['String']['output'];
  /** Starts a new run of the current version of the workflow of a run that has ended. */
  rerunRun: Run;
  /** Has the names of a source, or of one of its tables, made anew, as if it had just come. False: none were kept. */
  resetNames: Scalars['Boolean']['output'];
  /** Decides conflicts for one side. The answer is their number. */
  resolveSyncConflicts: Scalars['SafeInt']['output'];
  /** Makes attempts again. */
  resumeEventTrigger?: Maybe<EventTrigger>;
  /** Resumes a paused run. */
  resumeRun: Run;
  /** Goes on with a sync that was paused. */
  resumeSync?: Maybe<Sync>;
  /** Makes attempts again. */
  resumeTrigger?: Maybe<Trigger>;
  /** Continues a run that has ended: what failed is done again. */
  retryRun: Run;
  /** Brings back a version of the metadata, as a new one. */
  revertMetadata: MetadataResult;
  /** Ends a key for good, within two seconds everywhere. */
  revokeKey: Key;
  /** Gives a key another text; the old one is accepted a while longer. */
  rotateKey: ShownKey;
  /** Sends a signal to the step `waitFor` of its name and key, or to the next one that begins. Returns whether its id is new. */
  sendSignal: Scalars['Boolean']['output'];
  /** Sets what becomes of operations that are not on the list of a role. */
  setAllowListMode: AllowList;
  /** Sets the role of requests without credentials; null: they are refused. */
  setAnonymousRole: SignIns;
  /** Sets origins of pages that may send a token in a cookie. */
  setCookieOrigins: SignIns;
  /** Whether the rows of a table are the values of an enum, which columns that refer to it have. */
  setEnumTable: MetadataResult;
  /** Declares a role that can do what any of several others can do, or changes it. */
  setInheritedRole: MetadataResult;
  /** Sets the limits of a role, or of everybody, all of them anew. */
  setLimits: Array<Limits>;
  /** Gives a role a permission, or replaces the one it has. */
  setPermission: MetadataResult;
  /** Conditions that every written row of a table passes. */
  setRowValidations: MetadataResult;
  /** Sets one of `settings`. */
  setSetting: Setting;
  /** Whether reads of a table are written into the audit log. */
  setTableAudit: MetadataResult;
  /** Gives a view, or a table without one, a key; null: none. */
  setTableKey: MetadataResult;
  /** Sets the roles that a user has by hand; running sessions follow. */
  setUserRoles: User;
  /** Sets the validation rules for values that are written to a column. */
  setValidation: MetadataResult;
  /** Sets the URL that is asked who a caller is; null: none. */
  setWebhook: SignIns;
  /** Starts a run of a workflow. It is stored when this is answered. */
  startWorkflow: Run;
  /** Connects to a database and reads what it contains, without attaching it. */
  testSource: SourceTest;
  /** Serves a table that was left out. */
  trackTable: MetadataResult;
  /** Really does one step of a workflow, alone, without a run, its retries and its `onError`. */
  tryStep: RehearsedStep;
  /** Leaves a table out; what is said of it is kept. */
  untrackTable: MetadataResult;
  /** Changes what a key is, not its text, within two seconds everywhere; its open WebSockets are closed. */
  updateKey: Key;
  /** Changes how an attached database is reached or shown; what runs goes on to its end. */
  updateSource: Source;
};


export type MutationAllowOperationArgs = {
  document: Scalars['String']['input'];
  name?: InputMaybe<Scalars['String']['input']>;
  role: Scalars['String']['input'];
};


export type MutationAttachSourceArgs = {
  force?: Scalars['Boolean']['input'];
  kind: SourceKind;
  name: Scalars['String']['input'];
  settings: SourceSettingsInput;
};


export type MutationCancelRunArgs = {
  id: Scalars['String']['input'];
};


export type MutationCreateAdminSecretArgs = {
  name: Scalars['String']['input'];
};


export type MutationCreateKeyArgs = {
  input: KeyInput;
};


export type MutationCreateRelationshipArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  relationship: RelationshipInput;
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationCustomizeColumnArgs = {
  column: Scalars['String']['input'];
  comment?: InputMaybe<Scalars['String']['input']>;
  customName?: InputMaybe<Scalars['String']['input']>;
  description?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  hidden?: InputMaybe<Scalars['Boolean']['input']>;
  namespace?: InputMaybe<Scalars['String']['input']>;
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationCustomizeTableArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  customName?: InputMaybe<Scalars['String']['input']>;
  description?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  rootFields?: InputMaybe<Array<RootFieldInput>>;
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationDetachSourceArgs = {
  name: Scalars['String']['input'];
};


export type MutationDisableUserArgs = {
  id: Scalars['String']['input'];
};


export type MutationDisallowOperationArgs = {
  hash: Scalars['String']['input'];
  role: Scalars['String']['input'];
};


export type MutationDropAdminSecretArgs = {
  name: Scalars['String']['input'];
};


export type MutationDropCronTriggerArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  name: Scalars['String']['input'];
};


export type MutationDropHookArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  name: Scalars['String']['input'];
};


export type MutationDropHookSecretArgs = {
  name: Scalars['String']['input'];
};


export type MutationDropInheritedRoleArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  role: Scalars['String']['input'];
};


export type MutationDropIssuerArgs = {
  name: Scalars['String']['input'];
};


export type MutationDropPermissionArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  operation: PermissionOperation;
  role: Scalars['String']['input'];
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationDropProviderArgs = {
  name: Scalars['String']['input'];
};


export type MutationDropRelationshipArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  name: Scalars['String']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationDropSyncArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  name: Scalars['String']['input'];
};


export type MutationDropUserArgs = {
  id: Scalars['String']['input'];
};


export type MutationDropWorkflowArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  name: Scalars['String']['input'];
};


export type MutationEnableCronTriggerArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  enabled: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  name: Scalars['String']['input'];
};


export type MutationEnableHookArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  enabled: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  name: Scalars['String']['input'];
};


export type MutationEnableSyncArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  enabled: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  name: Scalars['String']['input'];
};


export type MutationEnableUserArgs = {
  id: Scalars['String']['input'];
};


export type MutationEnableWorkflowArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  enabled: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  name: Scalars['String']['input'];
};


export type MutationEndUserSessionArgs = {
  id: Scalars['String']['input'];
};


export type MutationEndUserSessionsArgs = {
  userId: Scalars['String']['input'];
};


export type MutationInvokeEventTriggerArgs = {
  key: Scalars['JSON']['input'];
  name: Scalars['String']['input'];
};


export type MutationInvokeTriggerArgs = {
  input?: InputMaybe<Scalars['JSON']['input']>;
  name: Scalars['String']['input'];
};


export type MutationPauseEventTriggerArgs = {
  name: Scalars['String']['input'];
};


export type MutationPauseRunArgs = {
  id: Scalars['String']['input'];
};


export type MutationPauseSyncArgs = {
  name: Scalars['String']['input'];
};


export type MutationPauseTriggerArgs = {
  name: Scalars['String']['input'];
};


export type MutationPruneAuditArgs = {
  days: Scalars['Int']['input'];
};


export type MutationPutCronTriggerArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  definition: Scalars['JSON']['input'];
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
};


export type MutationPutHookArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  definition: Scalars['JSON']['input'];
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
};


export type MutationPutHookSecretArgs = {
  name: Scalars['String']['input'];
  value: Scalars['String']['input'];
};


export type MutationPutIssuerArgs = {
  name: Scalars['String']['input'];
  revision?: InputMaybe<Scalars['SafeInt']['input']>;
  settings: Scalars['JSON']['input'];
};


export type MutationPutProviderArgs = {
  revision?: InputMaybe<Scalars['SafeInt']['input']>;
  settings: Scalars['JSON']['input'];
};


export type MutationPutSyncArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  definition: Scalars['JSON']['input'];
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
};


export type MutationPutWorkflowArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  definition: Scalars['JSON']['input'];
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
};


export type MutationRedeliverArgs = {
  filter: DeliveryFilterInput;
  limit?: Scalars['Int']['input'];
};


export type MutationRefreshSourceArgs = {
  name: Scalars['String']['input'];
};


export type MutationRenameRelationshipArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  name: Scalars['String']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  newName: Scalars['String']['input'];
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationRepairSyncArgs = {
  name: Scalars['String']['input'];
};


export type MutationReplaceMetadataArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  document: Scalars['JSON']['input'];
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
};


export type MutationReplayHookCallArgs = {
  id: Scalars['String']['input'];
};


export type MutationRerunRunArgs = {
  id: Scalars['String']['input'];
  input?: InputMaybe<Scalars['JSON']['input']>;
};


export type MutationResetNamesArgs = {
  source: Scalars['String']['input'];
  table?: InputMaybe<Scalars['String']['input']>;
};


export type MutationResolveSyncConflictsArgs = {
  keys?: InputMaybe<Array<Scalars['String']['input']>>;
  name: Scalars['String']['input'];
  winner: SyncSide;
};


export type MutationResumeEventTriggerArgs = {
  name: Scalars['String']['input'];
};


export type MutationResumeRunArgs = {
  id: Scalars['String']['input'];
};


export type MutationResumeSyncArgs = {
  name: Scalars['String']['input'];
};


export type MutationResumeTriggerArgs = {
  name: Scalars['String']['input'];
};


export type MutationRetryRunArgs = {
  from?: InputMaybe<Scalars['String']['input']>;
  id: Scalars['String']['input'];
};


export type MutationRevertMetadataArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  toVersion: Scalars['SafeInt']['input'];
};


export type MutationRevokeKeyArgs = {
  id: Scalars['String']['input'];
};


export type MutationRotateKeyArgs = {
  id: Scalars['String']['input'];
  overlapSeconds?: Scalars['Int']['input'];
};


export type MutationSendSignalArgs = {
  id?: InputMaybe<Scalars['String']['input']>;
  key?: InputMaybe<Scalars['JSON']['input']>;
  name: Scalars['String']['input'];
  payload?: InputMaybe<Scalars['JSON']['input']>;
};


export type MutationSetAllowListModeArgs = {
  mode: AllowListMode;
  role: Scalars['String']['input'];
};


export type MutationSetAnonymousRoleArgs = {
  role?: InputMaybe<Scalars['String']['input']>;
};


export type MutationSetCookieOriginsArgs = {
  origins?: InputMaybe<Array<Scalars['String']['input']>>;
};


export type MutationSetEnumTableArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  isEnum: Scalars['Boolean']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationSetInheritedRoleArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  description?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  role: Scalars['String']['input'];
  roles: Array<Scalars['String']['input']>;
};


export type MutationSetLimitsArgs = {
  limits?: InputMaybe<Scalars['JSON']['input']>;
  role?: InputMaybe<Scalars['String']['input']>;
};


export type MutationSetPermissionArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  definition: Scalars['JSON']['input'];
  description?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  operation: PermissionOperation;
  role: Scalars['String']['input'];
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationSetRowValidationsArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  rules: Array<Scalars['JSON']['input']>;
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationSetSettingArgs = {
  name: Scalars['String']['input'];
  revision?: InputMaybe<Scalars['SafeInt']['input']>;
  value?: InputMaybe<Scalars['JSON']['input']>;
};


export type MutationSetTableAuditArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  reads: Scalars['Boolean']['input'];
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationSetTableKeyArgs = {
  columns?: InputMaybe<Array<Scalars['String']['input']>>;
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationSetUserRolesArgs = {
  id: Scalars['String']['input'];
  roles: Array<Scalars['String']['input']>;
};


export type MutationSetValidationArgs = {
  column: Scalars['String']['input'];
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  rules: Array<Scalars['JSON']['input']>;
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationSetWebhookArgs = {
  webhook?: InputMaybe<Scalars['JSON']['input']>;
};


export type MutationStartWorkflowArgs = {
  input?: InputMaybe<Scalars['JSON']['input']>;
  name: Scalars['String']['input'];
  options?: InputMaybe<StartOptionsInput>;
};


export type MutationTestSourceArgs = {
  kind: SourceKind;
  name?: Scalars['String']['input'];
  settings: SourceSettingsInput;
};


export type MutationTrackTableArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationTryStepArgs = {
  input?: InputMaybe<Scalars['JSON']['input']>;
  outputs?: InputMaybe<Scalars['JSON']['input']>;
  step: Scalars['String']['input'];
  workflow: Scalars['String']['input'];
};


export type MutationUntrackTableArgs = {
  comment?: InputMaybe<Scalars['String']['input']>;
  dryRun?: Scalars['Boolean']['input'];
  expectedVersion?: InputMaybe<Scalars['SafeInt']['input']>;
  force?: Scalars['Boolean']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  source: Scalars['String']['input'];
  table: Scalars['String']['input'];
};


export type MutationUpdateKeyArgs = {
  id: Scalars['String']['input'];
  input: KeyChange;
  revision?: InputMaybe<Scalars['SafeInt']['input']>;
};


export type MutationUpdateSourceArgs = {
  force?: Scalars['Boolean']['input'];
  name: Scalars['String']['input'];
  revision?: InputMaybe<Scalars['SafeInt']['input']>;
  settings: SourceSettingsInput;
};

export type NamePatterns = {
  /** Without these. */
  exclude?: Maybe<Array<Scalars['String']['output']>>;
  /** Only these; empty: all. */
  include?: Maybe<Array<Scalars['String']['output']>>;
};

/** Names, with `*` for any part of them. */
export type NamePatternsInput = {
  /** Without these. */
  exclude?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Only these; empty: all. */
  include?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** How GraphQL names are made. */
export type Naming =
  | 'graphql_default'
  | 'hasura_default';

/** The JSON form of `bigint` and `numeric` values: as strings, so that no digit is lost, or as numbers. */
export type Numbers =
  | 'number'
  | 'string';

/** The kinds of permissions. */
export type PermissionOperation =
  | 'delete'
  | 'insert'
  | 'select'
  | 'update';

/** Connections to a database. */
export type PoolState = {
  /** Connections that are not in use. */
  idle: Scalars['Int']['output'];
  size: Scalars['Int']['output'];
  /** Statements that wait for one. */
  waiting: Scalars['Int']['output'];
};

/** An identity provider that people sign in with. */
export type Provider = {
  name: Scalars['String']['output'];
  /** `file` or `store`; those of the file cannot be changed here. */
  owner: Scalars['String']['output'];
  /** How often it was changed, from 1. */
  revision?: Maybe<Scalars['SafeInt']['output']>;
  /** As an entry of `auth.providers` in foz.yaml; secrets are `***`. */
  settings: Scalars['JSON']['output'];
};

export type Query = {
  /** Operations that roles may ask for, by role. */
  allowLists: Array<AllowList>;
  /** The audit log. */
  audit: AuditPage;
  /** Deliveries of event triggers, the latest first. */
  deliveries: DeliveryPage;
  /** One event trigger. */
  eventTrigger?: Maybe<EventTrigger>;
  /** The event triggers without faults, by name. */
  eventTriggers: Array<EventTrigger>;
  /** The statements of an operation, without running any. */
  explain: Scalars['String']['output'];
  /** Changes of the graph since this process started, newest first. The last entry compares the graph at the start with the one served before. */
  graphChanges: Array<GraphChanges>;
  /** Whether everything is as it should be. */
  health: Health;
  /** The log of calls of inbound webhooks. */
  hookCalls: HookCallPage;
  /** All inbound webhooks of the metadata. */
  hooks: Array<Hook>;
  /** The issuers of tokens: those of the file, then those of the store. */
  issuers: Array<TokenIssuer>;
  /** Problems with databases, metadata, sources and settings. */
  issues: Array<Issue>;
  /** The names that tables and relationships keep since they were first assigned. */
  keptNames: Array<KeptName>;
  /** What a key may do with each of its roles, within its scopes and limits; nothing when it was revoked. */
  keyPermissions: Array<RolePermissions>;
  /** The API keys: those of the configuration file, which cannot be changed here, then those of the store; each by name. */
  keys: Array<Key>;
  /** The limits of everybody, then those of roles that have others. */
  limits: Array<Limits>;
  /** The metadata. */
  metadata: Metadata;
  /** The differences between two versions of the metadata. */
  metadataDiff: Array<MetadataChange>;
  /** Versions of the metadata that are kept, newest first. */
  metadataHistory: Array<MetadataVersion>;
  /** The providers that people sign in with: those of the file, then those of the store. */
  providers: Array<Provider>;
  /** What a run of a workflow would do. Nothing is called: such steps, and waits, are left out. */
  rehearseWorkflow: Rehearsal;
  /** The permissions of a role. A role without permissions may do nothing. */
  role: RolePermissions;
  /** All roles that have any permission, by name. */
  roles: Array<RolePermissions>;
  /** One run. */
  run?: Maybe<Run>;
  /** Runs of workflows. */
  runs: RunPage;
  /** The scalars in the graph of a role, for code generators. */
  scalars: Array<ScalarType>;
  /** The graph in SDL, sorted, as a role or an API key sees it. */
  sdl: Scalars['String']['output'];
  /** Settings of foz.yaml that have no operations of their own. */
  settings: Array<Setting>;
  /** How people sign in besides tokens and keys. */
  signIns: SignIns;
  /** One attached database. */
  source?: Maybe<Source>;
  /** Looks what refreshing a source would change. */
  sourceChanges: Array<SourceChange>;
  /** Looks what a source contains now, and what refreshing it would change. */
  sourceReading: SourceReading;
  /** All attached databases. */
  sources: Array<Source>;
  /** The kind of the store, and whether its structure is up to date. */
  storeStatus: StoreStatus;
  /** One sync. */
  sync?: Maybe<Sync>;
  /** Compares the tables of a sync, some thousands of rows at once, and writes nothing. */
  syncDifferences: SyncDifferences;
  /** The rows of a sync that are not in step, by their keys. */
  syncProblems: SyncProblemPage;
  /** All syncs of the metadata, with their states. */
  syncs: Array<Sync>;
  /** One table or view. */
  table?: Maybe<Table>;
  /** How many tables and views `tables` finds. */
  tableCount: Scalars['Int']['output'];
  /** Tables and views of all sources, served or not. */
  tables: Array<Table>;
  /** One trigger of any kind. */
  trigger?: Maybe<Trigger>;
  /** The triggers of all kinds without faults, by name. */
  triggers: Array<Trigger>;
  /** Operations that were asked for and are on no list, newest first. */
  unlistedOperations: Array<UnlistedOperation>;
  /** The 1,000 running sessions that were used last. */
  userSessions: Array<UserSession>;
  /** People who have signed in, by id. */
  users: Array<User>;
  /** Reads the whole audit log: whether it is what was written. */
  verifyAudit: AuditVerification;
  /** One workflow. */
  workflow?: Maybe<Workflow>;
  /** All workflows of the metadata. */
  workflows: Array<Workflow>;
};


export type QueryAuditArgs = {
  before?: InputMaybe<Scalars['SafeInt']['input']>;
  filter?: InputMaybe<AuditFilterInput>;
  limit?: Scalars['Int']['input'];
};


export type QueryDeliveriesArgs = {
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<DeliveryFilterInput>;
  limit?: Scalars['Int']['input'];
};


export type QueryEventTriggerArgs = {
  name: Scalars['String']['input'];
};


export type QueryExplainArgs = {
  operationName?: InputMaybe<Scalars['String']['input']>;
  query: Scalars['String']['input'];
  role?: InputMaybe<Scalars['String']['input']>;
  variables?: InputMaybe<Scalars['String']['input']>;
};


export type QueryHookCallsArgs = {
  before?: InputMaybe<Scalars['SafeInt']['input']>;
  hook?: InputMaybe<Scalars['String']['input']>;
  limit?: Scalars['Int']['input'];
  outcome?: InputMaybe<HookCallOutcome>;
};


export type QueryKeptNamesArgs = {
  source?: InputMaybe<Scalars['String']['input']>;
};


export type QueryKeyPermissionsArgs = {
  id: Scalars['String']['input'];
};


export type QueryKeysArgs = {
  revoked?: Scalars['Boolean']['input'];
};


export type QueryMetadataDiffArgs = {
  from: Scalars['SafeInt']['input'];
  to?: InputMaybe<Scalars['SafeInt']['input']>;
};


export type QueryMetadataHistoryArgs = {
  before?: InputMaybe<Scalars['SafeInt']['input']>;
  first?: Scalars['Int']['input'];
};


export type QueryRehearseWorkflowArgs = {
  input?: InputMaybe<Scalars['JSON']['input']>;
  name: Scalars['String']['input'];
  outputs?: InputMaybe<Scalars['JSON']['input']>;
};


export type QueryRoleArgs = {
  name: Scalars['String']['input'];
};


export type QueryRunArgs = {
  id: Scalars['String']['input'];
};


export type QueryRunsArgs = {
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<RunFilterInput>;
  limit?: Scalars['Int']['input'];
};


export type QueryScalarsArgs = {
  role?: InputMaybe<Scalars['String']['input']>;
};


export type QuerySdlArgs = {
  key?: InputMaybe<Scalars['String']['input']>;
  role?: InputMaybe<Scalars['String']['input']>;
};


export type QuerySourceArgs = {
  name: Scalars['String']['input'];
};


export type QuerySourceChangesArgs = {
  name: Scalars['String']['input'];
};


export type QuerySourceReadingArgs = {
  name: Scalars['String']['input'];
};


export type QuerySyncArgs = {
  name: Scalars['String']['input'];
};


export type QuerySyncDifferencesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  name: Scalars['String']['input'];
};


export type QuerySyncProblemsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  limit?: Scalars['Int']['input'];
  name: Scalars['String']['input'];
};


export type QueryTableArgs = {
  name: Scalars['String']['input'];
  namespace?: InputMaybe<Scalars['String']['input']>;
  source: Scalars['String']['input'];
};


export type QueryTableCountArgs = {
  search?: InputMaybe<Scalars['String']['input']>;
  source?: InputMaybe<Scalars['String']['input']>;
  tracked?: InputMaybe<Scalars['Boolean']['input']>;
};


export type QueryTablesArgs = {
  limit?: InputMaybe<Scalars['Int']['input']>;
  offset?: Scalars['Int']['input'];
  search?: InputMaybe<Scalars['String']['input']>;
  source?: InputMaybe<Scalars['String']['input']>;
  tracked?: InputMaybe<Scalars['Boolean']['input']>;
};


export type QueryTriggerArgs = {
  name: Scalars['String']['input'];
};


export type QueryUnlistedOperationsArgs = {
  role?: InputMaybe<Scalars['String']['input']>;
};


export type QueryUserSessionsArgs = {
  userId?: InputMaybe<Scalars['String']['input']>;
};


export type QueryUsersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  limit?: Scalars['Int']['input'];
  search?: InputMaybe<Scalars['String']['input']>;
};


export type QueryWorkflowArgs = {
  name: Scalars['String']['input'];
};

/** What a run of a workflow would do. */
export type Rehearsal = {
  error?: Maybe<Scalars['JSON']['output']>;
  output?: Maybe<Scalars['JSON']['output']>;
  /** In the order in which they would begin. */
  steps: Array<RehearsedStep>;
};

/** A step in a rehearsal of a workflow, or one that was tried alone. */
export type RehearsedStep = {
  error?: Maybe<Scalars['JSON']['output']>;
  /** true: it would have an effect outside, or wait, and was left out. */
  isSkipped: Scalars['Boolean']['output'];
  kind: Scalars['String']['output'];
  output?: Maybe<Scalars['JSON']['output']>;
  path: Scalars['String']['output'];
  /** With the values of their expressions. */
  settings?: Maybe<Scalars['JSON']['output']>;
  /** `done`, `failed`, `running`. */
  state: Scalars['String']['output'];
};

/** Leads from a table to rows of another one. */
export type Relationship = {
  comment?: Maybe<Scalars['String']['output']>;
  /** When keys are equal; `null`: within a source the database decides. */
  compare?: Maybe<KeyComparison>;
  kind: RelationshipKind;
  /** Columns that are equal. */
  mapping: Array<ColumnPair>;
  name: Scalars['String']['output'];
  nullable: Scalars['Boolean']['output'];
  origin: RelationshipOrigin;
  toNamespace?: Maybe<Scalars['String']['output']>;
  /** Maybe another source. */
  toSource: Scalars['String']['output'];
  toTable: Scalars['String']['output'];
};

/** Either `foreignKey` or `mapping` says how it leads there. */
export type RelationshipInput = {
  /** For a relationship into another source; default: `exact`. */
  compare?: InputMaybe<KeyComparison>;
  description?: InputMaybe<Scalars['String']['input']>;
  foreignKey?: InputMaybe<ForeignKeyInput>;
  kind: RelationshipKind;
  mapping?: InputMaybe<Array<ColumnPairInput>>;
  name: Scalars['String']['input'];
  /** Absent: the default one. */
  toNamespace?: InputMaybe<Scalars['String']['input']>;
  /** Default: the same. */
  toSource?: InputMaybe<Scalars['String']['input']>;
  toTable: Scalars['String']['input'];
};

/** `object`: to one row or none. `array`: to any number of rows. */
export type RelationshipKind =
  | 'array'
  | 'object';

/** Where a relationship comes from: a foreign key of the database, or metadata. */
export type RelationshipOrigin =
  | 'declared'
  | 'foreign_key';

/** The effective permissions of a role, inherited ones included. */
export type RolePermissions = {
  /** Of a key: its name. */
  key?: Maybe<Scalars['String']['output']>;
  /** Of a key: `operations`, `variables`, `networks` (null: any address), `expiresAt` (null: never). */
  keySettings?: Maybe<Scalars['JSON']['output']>;
  /** As `server.limits` in foz.yaml; what is absent is as by default. */
  limits: Scalars['JSON']['output'];
  /** Of a key: session variables that permissions of the role need and the key does not set. Requests that need one are refused. */
  missingVariables: Array<Scalars['String']['output']>;
  role: Scalars['String']['output'];
  tables: Array<TablePermissions>;
};

/** A root field that has a name of its own. */
export type RootField = {
  field: Scalars['String']['output'];
  name: Scalars['String']['output'];
};

/** The name of one root field. */
export type RootFieldInput = {
  /** `select`, `insert_one`, `select_by_<key name>`, ... */
  field: Scalars['String']['input'];
  /** null: the name that it has by itself. */
  name?: InputMaybe<Scalars['String']['input']>;
};

/** A run of a workflow. Secrets in inputs and outputs are `***`. */
export type Run = {
  /** Of an active run: `queued` for a worker, `working`, or `waiting` for a time. */
  activity?: Maybe<Scalars['String']['output']>;
  /** When it begins. */
  at: Scalars['DateTimeISO']['output'];
  /** The version of the workflow that it began with. */
  definition?: Maybe<Scalars['JSON']['output']>;
  endedAt?: Maybe<Scalars['DateTimeISO']['output']>;
  /** Its code, its message, and the step that failed. */
  error?: Maybe<Scalars['JSON']['output']>;
  id: Scalars['String']['output'];
  input?: Maybe<Scalars['JSON']['output']>;
  /** Runs with the same key come one after the other. */
  key?: Maybe<Scalars['String']['output']>;
  /** How it was started: `manual`, `schedule`, `hook:payments`. */
  origin: Scalars['String']['output'];
  output?: Maybe<Scalars['JSON']['output']>;
  priority: RunPriority;
  state: RunState;
  /** In the order in which they began. */
  steps: Array<RunStep>;
  /** The version of the workflow that it began with. */
  version: Scalars['Int']['output'];
  workflow: Scalars['String']['output'];
};

/** Runs that are equal in all that is given. */
export type RunFilterInput = {
  key?: InputMaybe<Scalars['String']['input']>;
  origin?: InputMaybe<Scalars['String']['input']>;
  /** From this moment on. */
  since?: InputMaybe<Scalars['DateTimeISO']['input']>;
  /** Any of these. */
  states?: InputMaybe<Array<RunState>>;
  /** Before this moment. */
  until?: InputMaybe<Scalars['DateTimeISO']['input']>;
  workflow?: InputMaybe<Scalars['String']['input']>;
};

export type RunPage = {
  /** Newest first. */
  entries: Array<Run>;
  /** Where the next page starts; null: this was the last one. */
  next?: Maybe<Scalars['String']['output']>;
};

/** Which runs begin first. */
export type RunPriority =
  | 'high'
  | 'low'
  | 'normal';

/** The states of runs. */
export type RunState =
  | 'active'
  | 'cancelled'
  | 'done'
  | 'failed'
  | 'paused';

/** The record of a step of a run. */
export type RunStep = {
  attempts: Scalars['Int']['output'];
  /** When its last attempt began. */
  begunAt: Scalars['DateTimeISO']['output'];
  endedAt?: Maybe<Scalars['DateTimeISO']['output']>;
  /** The error of its last attempt. */
  error?: Maybe<Scalars['JSON']['output']>;
  /** Its settings, with the values of their expressions. */
  input?: Maybe<Scalars['JSON']['output']>;
  kind: Scalars['String']['output'];
  output?: Maybe<Scalars['JSON']['output']>;
  /** The ids of the steps that it is within, as in all/0/load. */
  path: Scalars['String']['output'];
  /** When it goes on, if it waits. */
  resumeAt?: Maybe<Scalars['DateTimeISO']['output']>;
  /** `running`, `waiting`, `done`, `failed`. */
  state: Scalars['String']['output'];
};

/** A scalar of the graph. Those of GraphQL itself are not listed. */
export type ScalarType = {
  name: Scalars['String']['output'];
  /** The TypeScript type of its values in JSON. */
  typescript: Scalars['String']['output'];
};

/** A setting of foz.yaml that has no operations of its own. */
export type Setting = {
  /** As in `server.cors`. */
  name: Scalars['String']['output'];
  owner: SettingOwner;
  /** How often it was changed here, from 1; 0: it is not set here. */
  revision: Scalars['SafeInt']['output'];
  /** The value in effect. */
  value?: Maybe<Scalars['JSON']['output']>;
};

/** Who says a setting; what the file says cannot be changed here. */
export type SettingOwner =
  | 'default'
  | 'file'
  | 'store';

/** A key with its text, which is shown this once. */
export type ShownKey = {
  key: Key;
  /** To be sent in X-API-Key, or after "Authorization: Bearer". */
  text: Scalars['String']['output'];
};

/** How people sign in besides tokens and keys. */
export type SignIns = {
  /** `first-start` is the one that the first start made. */
  adminSecrets: Array<AdminSecretName>;
  /** The role of requests without credentials. */
  anonymousRole?: Maybe<Scalars['String']['output']>;
  /** Origins of pages that may send a token in a cookie. */
  cookieOrigins: Array<Scalars['String']['output']>;
  /** Parts that the configuration file says, so that they stay. */
  declared: Array<Scalars['String']['output']>;
  /** As `auth.webhook` in foz.yaml. */
  webhook?: Maybe<Scalars['JSON']['output']>;
};

/** An attached database. */
export type Source = {
  /** How its changes are followed; null: the database cannot be asked now. */
  changes?: Maybe<SourceFollowing>;
  /** Kind of database: postgres, mysql, ... */
  kind: Scalars['String']['output'];
  /** As the configuration calls it. */
  name: Scalars['String']['output'];
  owner: SourceOwner;
  pool: PoolState;
  /** When this process read last what it contains, ISO 8601; null: never. */
  readAt?: Maybe<Scalars['String']['output']>;
  /** How long that took. */
  readMilliseconds?: Maybe<Scalars['Int']['output']>;
  /** Why it does not serve. */
  reason?: Maybe<Scalars['String']['output']>;
  /** Of a source of the store: how often it was changed, from 1. */
  revision?: Maybe<Scalars['SafeInt']['output']>;
  settings: SourceSettings;
  /** Since when it is in this state, ISO 8601. */
  since?: Maybe<Scalars['String']['output']>;
  state: SourceState;
  /** Tables and views in its catalog. */
  tables: Scalars['Int']['output'];
  /** Version as the server reports it. */
  version?: Maybe<Scalars['String']['output']>;
};

/** A difference between what is served and what the database contains now. */
export type SourceChange = {
  /** `added`, `removed`, `changed`. */
  change: Scalars['String']['output'];
  detail: Scalars['String']['output'];
  /** As in public.orders or public.orders.total. */
  what: Scalars['String']['output'];
};

export type SourceChanges = {
  /** Default: auto. */
  method?: Maybe<ChangeMethod>;
  /** PostgreSQL: the publication that is followed; default: foz. */
  publication?: Maybe<Scalars['String']['output']>;
  /** Address of the server itself, where the source is reached by a connection pooler. */
  url?: Maybe<Scalars['String']['output']>;
};

/** How the changes of the data are followed. */
export type SourceChangesInput = {
  /** Default: auto. */
  method?: InputMaybe<ChangeMethod>;
  /** PostgreSQL: the publication that is followed; default: foz. */
  publication?: InputMaybe<Scalars['String']['input']>;
  /** Address of the server itself, where the source is reached by a connection pooler. */
  url?: InputMaybe<Scalars['String']['input']>;
};

export type SourceCustomization = {
  rootFields?: Maybe<SourceRootFields>;
  typeNames?: Maybe<SourceTypeNames>;
};

export type SourceCustomizationInput = {
  rootFields?: InputMaybe<SourceRootFieldsInput>;
  typeNames?: InputMaybe<SourceTypeNamesInput>;
};

/** How the changes of a database are followed. */
export type SourceFollowing = {
  /** Log that was written and not read yet. */
  lagBytes?: Maybe<Scalars['SafeInt']['output']>;
  /** From the commit of the last transaction to its message. */
  lagSeconds?: Maybe<Scalars['Float']['output']>;
  /** Objects that Foz has created in the database to follow its changes; foz changes clean removes them. */
  left: Array<Scalars['String']['output']>;
  /** `replication`, `triggers`, `version`, `polling` or `off`. */
  method: Scalars['String']['output'];
  /** Why the wanted method, or a better one, is not used. */
  reasons: Array<Scalars['String']['output']>;
  /** Since when the method is in use, ISO 8601. */
  since?: Maybe<Scalars['String']['output']>;
  state: FollowingState;
  /** The method in words, and why it is no better one, as `foz check` prints it. */
  summary: Scalars['String']['output'];
  /** The setting of the source. */
  wanted: ChangeMethod;
  /** Risks for the database, as a log that is kept without a bound. */
  warnings: Array<Scalars['String']['output']>;
};

/** A problem with an object of a database. */
export type SourceIssue = {
  column?: Maybe<Scalars['String']['output']>;
  namespace?: Maybe<Scalars['String']['output']>;
  reason: Scalars['String']['output'];
  table?: Maybe<Scalars['String']['output']>;
};

/** A kind of database. */
export type SourceKind =
  | 'kingbase'
  | 'mariadb'
  | 'mssql'
  | 'mysql'
  | 'pglite'
  | 'postgres'
  | 'sqlite';

/** Who declares a source: the configuration file, then it is changed there; or the store. */
export type SourceOwner =
  | 'file'
  | 'store';

export type SourcePool = {
  /** After how long an unused connection is closed. */
  idleMs?: Maybe<Scalars['SafeInt']['output']>;
  /** Most connections. */
  max?: Maybe<Scalars['SafeInt']['output']>;
  /** How long a statement waits for a connection. */
  waitMs?: Maybe<Scalars['SafeInt']['output']>;
};

export type SourcePoolInput = {
  /** After how long an unused connection is closed. */
  idleMs?: InputMaybe<Scalars['SafeInt']['input']>;
  /** Most connections. */
  max?: InputMaybe<Scalars['SafeInt']['input']>;
  /** How long a statement waits for a connection. */
  waitMs?: InputMaybe<Scalars['SafeInt']['input']>;
};

/** The tables of a database at present. */
export type SourceReading = {
  /** Against what is served. */
  changes: Array<SourceChange>;
  /** Changes of the graph that a refresh of the source would bring. */
  graphChanges: Array<GraphChange>;
  issues: Array<SourceIssue>;
  /** Tables and views. */
  tables: Scalars['Int']['output'];
};

export type SourceRootFields = {
  namespace?: Maybe<Scalars['String']['output']>;
  prefix?: Maybe<Scalars['String']['output']>;
  suffix?: Maybe<Scalars['String']['output']>;
};

export type SourceRootFieldsInput = {
  namespace?: InputMaybe<Scalars['String']['input']>;
  prefix?: InputMaybe<Scalars['String']['input']>;
  suffix?: InputMaybe<Scalars['String']['input']>;
};

/** How a database is reached and shown; passwords and keys are `***`. */
export type SourceSettings = {
  changes?: Maybe<SourceChanges>;
  customization?: Maybe<SourceCustomization>;
  namespaces?: Maybe<NamePatterns>;
  naming?: Maybe<Naming>;
  numbers?: Maybe<Numbers>;
  /** Of a database in a file or folder, below "control.files" of the configuration. */
  path?: Maybe<Scalars['String']['output']>;
  pool?: Maybe<SourcePool>;
  /** PostgreSQL: false behind a pooler of transactions. */
  preparedStatements?: Maybe<Scalars['Boolean']['output']>;
  /** SQLite: refuse to write. */
  readonly?: Maybe<Scalars['Boolean']['output']>;
  /** Of namespace.table, or of table. */
  tables?: Maybe<NamePatterns>;
  tls?: Maybe<SourceTls>;
  /** Of a server: postgres://user:password@host/database. */
  url?: Maybe<Scalars['String']['output']>;
};

/** How a database is reached and shown. When a source is changed, what is left out stays, what is null goes, and a part that is given replaces the whole part. */
export type SourceSettingsInput = {
  changes?: InputMaybe<SourceChangesInput>;
  customization?: InputMaybe<SourceCustomizationInput>;
  namespaces?: InputMaybe<NamePatternsInput>;
  naming?: InputMaybe<Naming>;
  numbers?: InputMaybe<Numbers>;
  /** Of a database in a file or folder, below "control.files" of the configuration. */
  path?: InputMaybe<Scalars['String']['input']>;
  pool?: InputMaybe<SourcePoolInput>;
  /** PostgreSQL: false behind a pooler of transactions. */
  preparedStatements?: InputMaybe<Scalars['Boolean']['input']>;
  /** SQLite: refuse to write. */
  readonly?: InputMaybe<Scalars['Boolean']['input']>;
  /** Of namespace.table, or of table. */
  tables?: InputMaybe<NamePatternsInput>;
  tls?: InputMaybe<SourceTlsInput>;
  /** Of a server: postgres://user:password@host/database. */
  url?: InputMaybe<Scalars['String']['input']>;
};

/** Whether a source serves. */
export type SourceState =
  | 'available'
  | 'starting'
  | 'unavailable';

/** The result of a connection test. */
export type SourceTest = {
  milliseconds: Scalars['Int']['output'];
  ok: Scalars['Boolean']['output'];
  /** Why it cannot be used. */
  reason?: Maybe<Scalars['String']['output']>;
  /** Tables and views that would be attached. */
  tables: Scalars['Int']['output'];
  /** Version as the server reports it. */
  version?: Maybe<Scalars['String']['output']>;
};

export type SourceTls = {
  /** Certificates of the authority, PEM. */
  ca?: Maybe<Scalars['String']['output']>;
  /** Certificate of the client, PEM. */
  cert?: Maybe<Scalars['String']['output']>;
  /** Key of the client, PEM; never shown again. */
  key?: Maybe<Scalars['String']['output']>;
  mode: TlsMode;
};

export type SourceTlsInput = {
  /** Certificates of the authority, PEM. */
  ca?: InputMaybe<Scalars['String']['input']>;
  /** Certificate of the client, PEM. */
  cert?: InputMaybe<Scalars['String']['input']>;
  /** Key of the client, PEM; never shown again. */
  key?: InputMaybe<Scalars['String']['input']>;
  mode: TlsMode;
};

export type SourceTypeNames = {
  prefix?: Maybe<Scalars['String']['output']>;
  suffix?: Maybe<Scalars['String']['output']>;
};

export type SourceTypeNamesInput = {
  prefix?: InputMaybe<Scalars['String']['input']>;
  suffix?: InputMaybe<Scalars['String']['input']>;
};

/** How a run is started. */
export type StartOptionsInput = {
  /** Milliseconds until it begins. */
  afterMs?: InputMaybe<Scalars['Float']['input']>;
  /** The id of the run. Starting a run under an id that is there already changes nothing. */
  id?: InputMaybe<Scalars['String']['input']>;
  priority?: InputMaybe<RunPriority>;
};

/** Foz's own store, and the steps of its structure. */
export type StoreStatus = {
  /** Steps that were done, by name. */
  done: Array<Scalars['String']['output']>;
  /** `pglite`: embedded; `postgres`. */
  kind: Scalars['String']['output'];
  /** Steps that this Foz knows and that were not done. */
  pending: Array<Scalars['String']['output']>;
  /** Where it is; no user, no password. */
  place: Scalars['String']['output'];
  /** Steps that were done by a newer Foz. */
  unknown: Array<Scalars['String']['output']>;
};

/** Two tables that are kept in step. */
export type Sync = {
  /** When it last wrote a row. */
  changedAt?: Maybe<Scalars['DateTimeISO']['output']>;
  comparison?: Maybe<SyncComparison>;
  /** Rows about which somebody has to decide. */
  conflicts: Scalars['SafeInt']['output'];
  /** Its entry in the metadata. */
  definition: Scalars['JSON']['output'];
  /** Rows that it has deleted. */
  deleted: Scalars['SafeInt']['output'];
  description?: Maybe<Scalars['String']['output']>;
  /** `to_right` or `both`. */
  direction: Scalars['String']['output'];
  /** Faults of its definition. A sync with faults stands still. */
  faults: Array<Scalars['String']['output']>;
  /** Rows that it has inserted. */
  inserted: Scalars['SafeInt']['output'];
  /** Milliseconds from the last commit that it has read to the time at which it had been applied. 0: there is nothing to apply. */
  lagMs?: Maybe<Scalars['Float']['output']>;
  /** The left table, as `shop.customers`. */
  left: Scalars['String']['output'];
  name: Scalars['String']['output'];
  /** It makes no changes until it is resumed. */
  paused: Scalars['Boolean']['output'];
  /** Why it does not go on; null: it does. */
  problem?: Maybe<Scalars['String']['output']>;
  /** Rows that a database has refused. They are tried again. */
  refused: Scalars['SafeInt']['output'];
  /** The right table. */
  right: Scalars['String']['output'];
  /** `starting`: changes are not recorded yet. `comparing`: the whole tables are compared, as at first. `following`: changes are applied. `stopped`: see `problem`. */
  state: Scalars['String']['output'];
  /** Rows that it has updated. */
  updated: Scalars['SafeInt']['output'];
};

/** The comparison of the whole tables that a sync makes at first, and where changes are missing. */
export type SyncComparison = {
  /** Rows that were looked at. */
  done: Scalars['SafeInt']['output'];
  /** Rows per second since its start. */
  rate: Scalars['Float']['output'];
  startedAt: Scalars['DateTimeISO']['output'];
  /** Rows that there were at its start. */
  total: Scalars['SafeInt']['output'];
};

/** A row that is not in step. */
export type SyncDifference = {
  /** What a repair does: `insert right`, `update left` ..., `merge`; `ask`: somebody has to decide. */
  action: Scalars['String']['output'];
  /** The values of the key, as a JSON list. */
  key: Scalars['String']['output'];
  /** The row of the left side. */
  left?: Maybe<Scalars['JSON']['output']>;
  /** The row of the right side. */
  right?: Maybe<Scalars['JSON']['output']>;
};

/** A part of the report about the differences of two tables. */
export type SyncDifferences = {
  /** Rows that were looked at. */
  done: Scalars['SafeInt']['output'];
  entries: Array<SyncDifference>;
  /** Where the report goes on (`after`); null: it is at its end. */
  next?: Maybe<Scalars['String']['output']>;
  /** Rows that there are, about. */
  total: Scalars['SafeInt']['output'];
};

/** A row that a database has refused, or that was changed on both sides. */
export type SyncProblem = {
  at: Scalars['DateTimeISO']['output'];
  /** The values of the key, as a JSON list. */
  key: Scalars['String']['output'];
  /** `refused` or `conflict`. */
  kind: Scalars['String']['output'];
  /** The row of the left side. */
  left?: Maybe<Scalars['JSON']['output']>;
  reason: Scalars['String']['output'];
  /** The row of the right side. */
  right?: Maybe<Scalars['JSON']['output']>;
  tries: Scalars['SafeInt']['output'];
};

export type SyncProblemPage = {
  entries: Array<SyncProblem>;
  /** Where the next page starts (`after`). */
  next?: Maybe<Scalars['String']['output']>;
};

/** A side of a sync. */
export type SyncSide =
  | 'LEFT'
  | 'RIGHT';

/** A table or view of a source, and what metadata says of it. */
export type Table = {
  /** Whether reads of it are written into the audit log. */
  auditReads: Scalars['Boolean']['output'];
  columns: Array<Column>;
  /** By metadata, else by the database. */
  comment?: Maybe<Scalars['String']['output']>;
  customName?: Maybe<Scalars['String']['output']>;
  databaseComment?: Maybe<Scalars['String']['output']>;
  /** As the database estimates. */
  estimatedRows?: Maybe<Scalars['Float']['output']>;
  /** As in shop.public.orders. */
  id: Scalars['String']['output'];
  /** Whether its rows are the values of an enum. */
  isEnum: Scalars['Boolean']['output'];
  issues: Array<Issue>;
  keys: Array<TableKey>;
  /** `table`, `view`, `materialized view`, ... */
  kind: Scalars['String']['output'];
  name: Scalars['String']['output'];
  namespace?: Maybe<Scalars['String']['output']>;
  permissions: Array<TablePermission>;
  /** As they are served. */
  relationships: Array<Relationship>;
  rootFields: Array<RootField>;
  source: Scalars['String']['output'];
  /** Whether it is served. */
  tracked: Scalars['Boolean']['output'];
  /** Conditions that every written row passes. */
  validations: Array<Scalars['JSON']['output']>;
};

/** Columns that are unique together. */
export type TableKey = {
  columns: Array<Scalars['String']['output']>;
  /** By metadata, not by the database. */
  declared: Scalars['Boolean']['output'];
  name: Scalars['String']['output'];
  primary: Scalars['Boolean']['output'];
};

/** The permission of a role for a table. */
export type TablePermission = {
  comment?: Maybe<Scalars['String']['output']>;
  /** As files of metadata have it. */
  definition: Scalars['JSON']['output'];
  operation: PermissionOperation;
  role: Scalars['String']['output'];
};

/** The effective permissions for one table. Conditions are JSON, spelled as in the metadata. */
export type TablePermissions = {
  aggregations: Scalars['Boolean']['output'];
  /** Whether rows can be removed. */
  deletes: Scalars['Boolean']['output'];
  /** Columns that can be given to new rows; null: none can be made. */
  insertColumns?: Maybe<Array<Scalars['String']['output']>>;
  /** Everything: filters, checks, presets, masks, root fields. */
  json: Scalars['String']['output'];
  /** Most rows of one list. */
  limit?: Maybe<Scalars['SafeInt']['output']>;
  namespace?: Maybe<Scalars['String']['output']>;
  /** Columns that can be read; null: no row can. */
  selectColumns?: Maybe<Array<Scalars['String']['output']>>;
  source: Scalars['String']['output'];
  table: Scalars['String']['output'];
  /** Columns that can be changed; null: no row can. */
  updateColumns?: Maybe<Array<Scalars['String']['output']>>;
};

/** `require` only encrypts, `verify_ca` checks who signed the certificate, `verify_full` also whose it is. */
export type TlsMode =
  | 'disable'
  | 'require'
  | 'verify_ca'
  | 'verify_full';

/** An issuer of tokens. */
export type TokenIssuer = {
  /** null: the configuration file declares it. */
  name?: Maybe<Scalars['String']['output']>;
  /** `file` or `store`; those of the file cannot be changed here. */
  owner: Scalars['String']['output'];
  /** How often it was changed, from 1. */
  revision?: Maybe<Scalars['SafeInt']['output']>;
  /** As an entry of `auth.jwt` in foz.yaml; secrets are `***`. */
  settings: Scalars['JSON']['output'];
};

/** A trigger of any kind without faults, and its state. */
export type Trigger = {
  /** What it delivers, in a few words: its table, its schedule. */
  about: Scalars['String']['output'];
  comment?: Maybe<Scalars['String']['output']>;
  /** Deliveries that were given up. */
  dead: Scalars['SafeInt']['output'];
  /** Its entry in the metadata. */
  definition: Scalars['JSON']['output'];
  /** Whether what it delivers is followed. */
  following: Scalars['Boolean']['output'];
  /** The last time that changes were found missing. */
  gapAt?: Maybe<Scalars['DateTimeISO']['output']>;
  /** Why changes are missing. */
  gapReason?: Maybe<Scalars['String']['output']>;
  kind: TriggerKind;
  /** Of a schedule: the last time that was dealt with. */
  lastAt?: Maybe<Scalars['DateTimeISO']['output']>;
  name: Scalars['String']['output'];
  /** Of a schedule: the next time. */
  nextAt?: Maybe<Scalars['DateTimeISO']['output']>;
  /** No attempts are made. Deliveries are added nevertheless. */
  paused: Scalars['Boolean']['output'];
  /** Deliveries that nobody has accepted yet. */
  pending: Scalars['SafeInt']['output'];
  /** Why it does not work now; null: it does. */
  problem?: Maybe<Scalars['String']['output']>;
};

/** `event`: changes of rows. `cron`: at certain times. */
export type TriggerKind =
  | 'cron'
  | 'event';

/** An operation that was asked for and is on no list, since this process started. */
export type UnlistedOperation = {
  document: Scalars['String']['output'];
  last: Scalars['DateTimeISO']['output'];
  operationName?: Maybe<Scalars['String']['output']>;
  refused: Scalars['Boolean']['output'];
  role: Scalars['String']['output'];
  times: Scalars['SafeInt']['output'];
};

/** A person who signs in. */
export type User = {
  createdAt: Scalars['DateTimeISO']['output'];
  /** null: the user is not disabled. */
  disabledAt?: Maybe<Scalars['DateTimeISO']['output']>;
  /** Roles given by hand, and those by the rules of providers. */
  effectiveRoles: Array<Scalars['String']['output']>;
  email?: Maybe<Scalars['String']['output']>;
  id: Scalars['String']['output'];
  identities: Array<Identity>;
  lastSignedInAt?: Maybe<Scalars['DateTimeISO']['output']>;
  name?: Maybe<Scalars['String']['output']>;
  /** Roles given by hand. */
  roles: Array<Scalars['String']['output']>;
};

/** A session of a person who signed in. */
export type UserSession = {
  /** The address of the last request. */
  address?: Maybe<Scalars['String']['output']>;
  createdAt: Scalars['DateTimeISO']['output'];
  expiresAt: Scalars['DateTimeISO']['output'];
  id: Scalars['String']['output'];
  /** Requests of the last seconds may be missing. */
  lastUsedAt: Scalars['DateTimeISO']['output'];
  provider: Scalars['String']['output'];
  /** The browser, as it called itself at the sign-in. */
  userAgent?: Maybe<Scalars['String']['output']>;
  userId: Scalars['String']['output'];
};

/** A workflow of the metadata. */
export type Workflow = {
  /** As files of metadata have it. */
  definition: Scalars['JSON']['output'];
  description?: Maybe<Scalars['String']['output']>;
  /** false: no run of it is started. */
  enabled: Scalars['Boolean']['output'];
  /** Its faults. A workflow with faults takes no runs. */
  faults: Array<Scalars['String']['output']>;
  name: Scalars['String']['output'];
  /** When its schedule starts the next run; null: it has none, or this process follows no schedules. */
  nextDue?: Maybe<Scalars['DateTimeISO']['output']>;
  /** The role of its operations. */
  role?: Maybe<Scalars['String']['output']>;
  /** Its current version, with which new runs begin; null: it takes none. */
  version?: Maybe<Scalars['Int']['output']>;
};
