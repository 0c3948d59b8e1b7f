import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, GraphQLISODateTime, ObjectType, registerEnumType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

/** Where a setting is defined. */
export enum SettingOwner {
  file = 'file',
  store = 'store',
  default = 'default',
}
registerEnumType(SettingOwner, {
  name: 'SettingOwner',
  description: 'Who says a setting; what the file says cannot be changed here.',
});

@ObjectType({ description: 'A setting of foz.yaml that has no operations of its own.' })
export class Setting {
  @Field(() => String, { description: 'As in `server.cors`.' })
  name!: string;

  @Field(() => JsonScalar, { nullable: true, description: 'The value in effect.' })
  value!: unknown;

  @Field(() => SettingOwner)
  owner!: 'file' | 'store' | 'default';

  @Field(() => GraphQLSafeInt, {
    description: 'How often it was changed here, from 1; 0: it is not set here.',
  })
  revision!: number;
}

@ObjectType({ description: 'An issuer of tokens.' })
export class TokenIssuer {
  @Field(() => String, { nullable: true, description: 'null: the configuration file declares it.' })
  name!: string | null;

  @Field(() => String, { description: '`file` or `store`; those of the file cannot be changed here.' })
  owner!: string;

  @Field(() => GraphQLSafeInt, { nullable: true, description: 'How often it was changed, from 1.' })
  revision!: number | null;

  @Field(() => JsonScalar, { description: 'As an entry of `auth.jwt` in foz.yaml; secrets are `***`.' })
  settings!: unknown;
}

@ObjectType({ description: 'Limits of a role, or of everybody.' })
export class Limits {
  @Field(() => String, { nullable: true, description: 'null: everybody.' })
  role!: string | null;

  @Field(() => JsonScalar, { description: 'As `server.limits` in foz.yaml.' })
  limits!: unknown;

  @Field(() => [String], {
    description: 'The limits that the configuration file sets, which cannot be changed here.',
  })
  declared!: readonly string[];
}

/** How operations outside the list are treated. */
export enum AllowListMode {
  off = 'off',
  report = 'report',
  enforce = 'enforce',
}
registerEnumType(AllowListMode, {
  name: 'AllowListMode',
  description: 'How operations are treated that are not on the list of a role.',
  valuesConfig: {
    off: { description: 'The role may ask for anything.' },
    report: { description: 'They are answered, and recorded as unlisted.' },
    enforce: { description: 'They are refused.' },
  },
});

@ObjectType({ description: 'A document whose operations a role may ask for.' })
export class AllowedOperation {
  @Field(() => String, { description: 'SHA-256 of the document, in hex.' })
  hash!: string;

  @Field(() => String, { nullable: true })
  name!: string | null;

  @Field(() => String)
  document!: string;
}

@ObjectType({ description: 'The operations that a role may ask for.' })
export class AllowList {
  @Field(() => String)
  role!: string;

  @Field(() => AllowListMode)
  mode!: AllowListMode;

  @Field(() => String, { description: '`file` or `store`; those of the file cannot be changed here.' })
  owner!: string;

  @Field(() => [AllowedOperation])
  operations!: readonly AllowedOperation[];
}

@ObjectType({ description: 'An operation that was asked for and is on no list, since this process started.' })
export class UnlistedOperation {
  @Field(() => String)
  role!: string;

  @Field(() => String, { nullable: true })
  operationName!: string | null;

  @Field(() => String)
  document!: string;

  @Field(() => Boolean)
  refused!: boolean;

  @Field(() => GraphQLSafeInt)
  times!: number;

  @Field(() => GraphQLISODateTime)
  last!: Date;
}

@ObjectType()
export class AdminSecretName {
  @Field(() => String)
  name!: string;

  @Field(() => String, { description: '`file` or `store`; those of the file cannot be changed here.' })
  owner!: string;
}

@ObjectType({ description: 'How people sign in besides tokens and keys.' })
export class SignIns {
  @Field(() => String, { nullable: true, description: 'The role of requests without credentials.' })
  anonymousRole!: string | null;

  @Field(() => JsonScalar, { nullable: true, description: 'As `auth.webhook` in foz.yaml.' })
  webhook!: unknown;

  @Field(() => [String], { description: 'Origins of pages that may send a token in a cookie.' })
  cookieOrigins!: readonly string[];

  @Field(() => [AdminSecretName], { description: '`first-start` is the one that the first start made.' })
  adminSecrets!: readonly AdminSecretName[];

  @Field(() => [String], { description: 'Parts that the configuration file says, so that they stay.' })
  declared!: readonly string[];
}
