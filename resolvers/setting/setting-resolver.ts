import { GraphQLSafeInt } from 'graphql-scalars';
import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { LimitsConfig } from '../../src/access/index.ts';
import type { IssuerConfig, WebhookConfig } from '../../src/auth/index.ts';
import {
  createAdminSecret,
  describeIssuers,
  describeLimits,
  describeSignIns,
  dropAdminSecret,
  dropIssuer,
  putIssuer,
  setAnonymousRole,
  setCookieOrigins,
  setLimits,
  setWebhook,
} from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { Limits, SignIns, TokenIssuer } from './setting.ts';

@Resolver()
export class SettingResolver {
  @Query(() => [TokenIssuer], {
    description: 'The issuers of tokens: those of the file, then those of the store.',
  })
  issuers(@Ctx() { settings }: ControlContext): readonly TokenIssuer[] {
    return describeIssuers(settings);
  }

  @Mutation(() => TokenIssuer, { description: 'Adds an issuer of tokens, or changes the one of its name.' })
  putIssuer(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('settings', () => JsonScalar, {
      description: 'As an entry of `auth.jwt` in foz.yaml; a secret given as `***` stays.',
    })
    given: IssuerConfig,
    @Arg('revision', () => GraphQLSafeInt, {
      nullable: true,
      description: 'The revision that was seen; the change is refused when it is another one meanwhile.',
    })
    revision: number | null,
  ): Promise<TokenIssuer> {
    return putIssuer(settings, actor, name, given, revision);
  }

  @Mutation(() => Boolean, { description: 'Takes an issuer away; sessions of its tokens are over.' })
  async dropIssuer(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<boolean> {
    await dropIssuer(settings, actor, name);
    return true;
  }

  @Query(() => [Limits], { description: 'The limits of everybody, then those of roles that have others.' })
  limits(@Ctx() { settings }: ControlContext): readonly Limits[] {
    return describeLimits(settings);
  }

  @Mutation(() => [Limits], { description: 'Sets the limits of a role, or of everybody, all of them anew.' })
  async setLimits(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('role', () => String, { nullable: true, description: 'Absent: everybody.' }) role: string | null,
    @Arg('limits', () => JsonScalar, {
      nullable: true,
      description: 'As `server.limits` in foz.yaml; null: none besides those of the file.',
    })
    limits: LimitsConfig | null,
  ): Promise<readonly Limits[]> {
    await setLimits(settings, actor, role ?? null, limits ?? null);
    return describeLimits(settings);
  }

  @Query(() => SignIns, { description: 'How people sign in besides tokens and keys.' })
  signIns(@Ctx() { settings }: ControlContext): SignIns {
    return describeSignIns(settings);
  }

  @Mutation(() => SignIns, {
    description: 'Sets the role of requests without credentials; null: they are refused.',
  })
  async setAnonymousRole(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('role', () => String, { nullable: true }) role: string | null,
  ): Promise<SignIns> {
    await setAnonymousRole(settings, actor, role ?? null);
    return describeSignIns(settings);
  }

  @Mutation(() => SignIns, { description: 'Sets the URL that is asked who a caller is; null: none.' })
  async setWebhook(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('webhook', () => JsonScalar, { nullable: true, description: 'As `auth.webhook` in foz.yaml.' })
    webhook: WebhookConfig | null,
  ): Promise<SignIns> {
    await setWebhook(settings, actor, webhook ?? null);
    return describeSignIns(settings);
  }

  @Mutation(() => SignIns, { description: 'Sets origins of pages that may send a token in a cookie.' })
  async setCookieOrigins(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('origins', () => [String], { nullable: true, description: "null: the server's own." })
    origins: string[] | null,
  ): Promise<SignIns> {
    await setCookieOrigins(settings, actor, origins ?? null);
    return describeSignIns(settings);
  }

  @Mutation(() => String, { description: 'Makes an admin secret; its text is shown only now.' })
  createAdminSecret(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<string> {
    return createAdminSecret(settings, actor, name);
  }

  @Mutation(() => SignIns, {
    description: 'Ends an admin secret, `first-start` too, when there is another one.',
  })
  async dropAdminSecret(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<SignIns> {
    await dropAdminSecret(settings, actor, name);
    return describeSignIns(settings);
  }
}
