import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, GraphQLISODateTime, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

/** Kinds of operations that a key may run. */
export enum KeyOperation {
  read = 'read',
  write = 'write',
  subscribe = 'subscribe',
}
registerEnumType(KeyOperation, {
  name: 'KeyOperation',
  description: 'A kind of operation that a key is for.',
});

@ObjectType({ description: 'A part of what the roles of a key may do; what is null is not narrowed.' })
export class KeyScopes {
  @Field(() => [KeyOperation], { nullable: true })
  operations?: readonly KeyOperation[] | null;

  @Field(() => [String], { nullable: true })
  sources?: readonly string[] | null;

  @Field(() => [String], { nullable: true })
  tables?: readonly string[] | null;
}

@ObjectType({ description: 'At most so many operations within so many seconds.' })
export class KeyRate {
  @Field(() => GraphQLSafeInt)
  requests!: number;

  @Field(() => GraphQLSafeInt)
  seconds!: number;
}

@ObjectType({ description: 'An API key, without its secret.' })
export class Key {
  @Field(() => String)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => Boolean, {
    description: 'Whether the configuration file declares it: then it is changed, rotated and ended there.',
  })
  declared!: boolean;

  @Field(() => String, { nullable: true })
  description!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Who may see, rotate and end it at /account/graphql: as `https://id.example.com ada`.',
  })
  owner!: string | null;

  @Field(() => [String])
  roles!: readonly string[];

  @Field(() => String, { nullable: true })
  defaultRole!: string | null;

  @Field(() => JsonScalar, { description: 'Session variables, without x-foz-.' })
  variables!: Readonly<Record<string, string>>;

  @Field(() => KeyScopes, { nullable: true })
  scopes!: KeyScopes | null;

  @Field(() => [String], { nullable: true, description: 'Where it may be used from; null: anywhere.' })
  networks!: readonly string[] | null;

  @Field(() => KeyRate, { nullable: true })
  rateLimit!: KeyRate | null;

  @Field(() => Boolean, { description: 'Whether backend-only permissions hold.' })
  backend!: boolean;

  @Field(() => [String], { description: 'How the texts start that are accepted: foz_<prefix>_...' })
  prefixes!: readonly string[];

  @Field(() => JsonScalar, { nullable: true, description: 'Smaller limits than those of its roles.' })
  limits?: object | null;

  @Field(() => GraphQLSafeInt, { description: 'How often it was changed, from 1; 0: the file declares it.' })
  revision!: number;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'null: the file declares it.' })
  createdAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  expiresAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  rotatedAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  revokedAt!: Date | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'Written down every 10 seconds. Of a key of the file only what the process that answers has seen since it started.',
  })
  lastUsedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'From where that was.' })
  lastUsedAddress!: string | null;
}

@ObjectType({ description: 'A key with its text, which is shown this once.' })
export class ShownKey {
  @Field(() => String, { description: 'To be sent in X-API-Key, or after "Authorization: Bearer".' })
  text!: string;

  @Field(() => Key)
  key!: Key;
}

@InputType()
export class KeyRateInput {
  @Field(() => GraphQLSafeInt)
  requests!: number;

  @Field(() => GraphQLSafeInt)
  seconds!: number;
}

@InputType()
export class KeyScopesInput {
  @Field(() => [KeyOperation], { nullable: true })
  operations?: KeyOperation[] | null;

  @Field(() => [String], { nullable: true, description: 'Sources, `*` for any part of a name.' })
  sources?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'source.table or source.namespace.table.' })
  tables?: string[] | null;
}

@InputType({
  description: 'The changed settings of a key. An absent setting stays, null removes it.',
})
export class KeyChange {
  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => [String], { nullable: true })
  roles?: string[] | null;

  @Field(() => String, { nullable: true, description: 'The role of requests that choose none.' })
  defaultRole?: string | null;

  @Field(() => String, { nullable: true })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Issuer and subject of a token, as `https://id.example.com ada`: may see, rotate and end it.',
  })
  owner?: string | null;

  @Field(() => JsonScalar, { nullable: true, description: 'Session variables, as {"user-id": "7"}.' })
  variables?: Record<string, string> | null;

  @Field(() => KeyScopesInput, { nullable: true, description: 'A part of what the roles may do.' })
  scopes?: KeyScopesInput | null;

  @Field(() => [String], { nullable: true, description: 'Networks that it is accepted from, as 10.0.0.0/8.' })
  networks?: string[] | null;

  @Field(() => KeyRateInput, { nullable: true })
  rateLimit?: KeyRateInput | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Smaller limits than those of its roles, as `auth.api_keys[].limits` in foz.yaml.',
  })
  limits?: object | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  expiresAt?: Date | null;

  @Field(() => Boolean, { nullable: true, description: 'Lets it use backend-only permissions.' })
  backend?: boolean | null;
}

@InputType({ description: 'The settings of a new key.' })
export class KeyInput extends KeyChange {
  @Field(() => String)
  declare name: string;

  @Field(() => [String])
  declare roles: string[];
}
