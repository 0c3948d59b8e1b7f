import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql';
import {
  type ChangeSetting,
  changeSettings,
  type SourceKind as KnownKind,
  kindNames,
} from '../../src/views/index.ts';

/** Kinds of databases. */
export const SourceKind = Object.fromEntries(kindNames.map((kind) => [kind, kind])) as {
  readonly [Kind in KnownKind]: Kind;
};
export type SourceKind = KnownKind;
registerEnumType(SourceKind, { name: 'SourceKind', description: 'A kind of database.' });

/** How the server's certificate is verified. */
export enum TlsMode {
  disable = 'disable',
  require = 'require',
  verify_ca = 'verify-ca',
  verify_full = 'verify-full',
}
registerEnumType(TlsMode, {
  name: 'TlsMode',
  description:
    '`require` only encrypts, `verify_ca` checks who signed the certificate, `verify_full` also whose it is.',
});

/** How GraphQL names are made. */
export enum Naming {
  hasura_default = 'hasura-default',
  graphql_default = 'graphql-default',
}
registerEnumType(Naming, { name: 'Naming', description: 'How GraphQL names are made.' });

/** The JSON form of `bigint` and `numeric` values. */
export enum Numbers {
  string = 'string',
  number = 'number',
}
registerEnumType(Numbers, {
  name: 'Numbers',
  description:
    'The JSON form of `bigint` and `numeric` values: as strings, so that no digit is lost, or as numbers.',
});

@ObjectType('SourcePool')
@InputType('SourcePoolInput')
export class SourcePool {
  @Field(() => GraphQLSafeInt, { nullable: true, description: 'Most connections.' })
  max?: number | null;

  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'After how long an unused connection is closed.',
  })
  idleMs?: number | null;

  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'How long a statement waits for a connection.',
  })
  waitMs?: number | null;
}

@ObjectType('SourceTls')
@InputType('SourceTlsInput')
export class SourceTls {
  @Field(() => TlsMode)
  mode!: TlsMode;

  @Field(() => String, { nullable: true, description: 'Certificates of the authority, PEM.' })
  ca?: string | null;

  @Field(() => String, { nullable: true, description: 'Certificate of the client, PEM.' })
  cert?: string | null;

  @Field(() => String, { nullable: true, description: 'Key of the client, PEM; never shown again.' })
  key?: string | null;
}

@ObjectType('NamePatterns')
@InputType('NamePatternsInput', { description: 'Names, with `*` for any part of them.' })
export class NamePatterns {
  @Field(() => [String], { nullable: true, description: 'Only these; empty: all.' })
  include?: readonly string[] | null;

  @Field(() => [String], { nullable: true, description: 'Without these.' })
  exclude?: readonly string[] | null;
}

@ObjectType('SourceRootFields')
@InputType('SourceRootFieldsInput')
export class SourceRootFields {
  @Field(() => String, { nullable: true })
  namespace?: string | null;

  @Field(() => String, { nullable: true })
  prefix?: string | null;

  @Field(() => String, { nullable: true })
  suffix?: string | null;
}

@ObjectType('SourceTypeNames')
@InputType('SourceTypeNamesInput')
export class SourceTypeNames {
  @Field(() => String, { nullable: true })
  prefix?: string | null;

  @Field(() => String, { nullable: true })
  suffix?: string | null;
}

@ObjectType('SourceCustomization')
@InputType('SourceCustomizationInput')
export class SourceCustomization {
  @Field(() => SourceRootFields, { nullable: true })
  rootFields?: SourceRootFields | null;

  @Field(() => SourceTypeNames, { nullable: true })
  typeNames?: SourceTypeNames | null;
}

/** How the changes of a source are followed. */
export const ChangeMethod = Object.fromEntries(changeSettings.map((method) => [method, method])) as {
  readonly [Method in ChangeSetting]: Method;
};
registerEnumType(ChangeMethod, {
  name: 'ChangeMethod',
  description:
    'How the changes of the data are followed. `auto`: by the best method that works. `polling`: watched queries run once a second. `off`: nobody can subscribe.',
});

@ObjectType('SourceChanges')
@InputType('SourceChangesInput', { description: 'How the changes of the data are followed.' })
export class SourceChanges {
  @Field(() => ChangeMethod, { nullable: true, description: 'Default: auto.' })
  method?: ChangeSetting | null;

  @Field(() => String, {
    nullable: true,
    description: 'Address of the server itself, where the source is reached by a connection pooler.',
  })
  url?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'PostgreSQL: the publication that is followed; default: foz.',
  })
  publication?: string | null;
}

@ObjectType('SourceSettings', {
  description: 'How a database is reached and shown; passwords and keys are `***`.',
})
@InputType('SourceSettingsInput', {
  description:
    'How a database is reached and shown. When a source is changed, what is left out stays, what is null goes, and a part that is given replaces the whole part.',
})
export class SourceSettings {
  @Field(() => String, {
    nullable: true,
    description: 'Of a server: postgres://user:password@host/database.',
  })
  url?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Of a database in a file or folder, below "control.files" of the configuration.',
  })
  path?: string | null;

  @Field(() => SourcePool, { nullable: true })
  pool?: SourcePool | null;

  @Field(() => SourceTls, { nullable: true })
  tls?: SourceTls | null;

  @Field(() => NamePatterns, { nullable: true })
  namespaces?: NamePatterns | null;

  @Field(() => NamePatterns, { nullable: true, description: 'Of namespace.table, or of table.' })
  tables?: NamePatterns | null;

  @Field(() => Naming, { nullable: true })
  naming?: Naming | null;

  @Field(() => Numbers, { nullable: true })
  numbers?: Numbers | null;

  @Field(() => Boolean, { nullable: true, description: 'PostgreSQL: false behind a pooler of transactions.' })
  preparedStatements?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: 'SQLite: refuse to write.' })
  readonly?: boolean | null;

  @Field(() => SourceChanges, { nullable: true })
  changes?: SourceChanges | null;

  @Field(() => SourceCustomization, { nullable: true })
  customization?: SourceCustomization | null;
}
