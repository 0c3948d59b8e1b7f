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

export type Mutation = {
  /** Reads what a source contains anew; the graph is swapped when something has changed. */
  refreshSource: Source;
};


export type MutationRefreshSourceArgs = {
  name: Scalars['String']['input'];
};

export type Query = {
  /** The statements of an operation, without running any. */
  explain: Scalars['String']['output'];
  /** Whether all sources serve all they contain. */
  health: Health;
  /** What the catalog could not take as it is. */
  issues: Array<Issue>;
  /** All attached databases. */
  sources: Array<Source>;
};


export type QueryExplainArgs = {
  operationName?: InputMaybe<Scalars['String']['input']>;
  query: Scalars['String']['input'];
  role?: InputMaybe<Scalars['String']['input']>;
  variables?: InputMaybe<Scalars['String']['input']>;
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
