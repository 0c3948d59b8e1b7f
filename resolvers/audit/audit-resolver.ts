import { GraphQLSafeInt } from 'graphql-scalars';
import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import { pruneAudit, requireAudit } from '../../src/control/index.ts';
import { queryAudit, verifyAudit } from '../../src/store/index.ts';
import { type ControlContext, planeOf } from '../context.ts';
import { type AuditEntry, AuditFilterInput, AuditPage, AuditRemoval, AuditVerification } from './audit.ts';

@Resolver()
export class AuditResolver {
  @Query(() => AuditPage, { description: 'The audit log.' })
  async audit(
    @Ctx() context: ControlContext,
    @Arg('filter', () => AuditFilterInput, { nullable: true }) filter: AuditFilterInput | null,
    @Arg('before', () => GraphQLSafeInt, { nullable: true, description: 'The `next` of the page before.' })
    before: number | null,
    @Arg('limit', () => Int, { defaultValue: 100 }) limit: number,
  ): Promise<AuditPage> {
    const { since, until, ...equal } = filter ?? {};
    const asked = { ...equal, from: since?.getTime(), before: until?.getTime() };
    const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null));
    const page = await queryAudit(planeOf(context).store, given, { cursor: before, limit });
    const entries = page.records.map(
      ({ actor, at, before, after, ...record }): AuditEntry => ({
        ...(record as unknown as AuditEntry),
        at: new Date(at),
        actorKind: actor.kind,
        actorId: actor.id,
        role: actor.role,
        before: json(before),
        after: json(after),
      }),
    );
    return { entries, next: page.next };
  }

  @Query(() => AuditVerification, {
    description: 'Reads the whole audit log: whether it is what was written.',
  })
  async verifyAudit(@Ctx() context: ControlContext): Promise<AuditVerification> {
    const plane = planeOf(context);
    const audit = requireAudit(plane);
    const { store } = plane;
    return verifyAudit({ store, key: await audit.key(), checkpointFile: audit.checkpoint.file });
  }

  @Mutation(() => AuditRemoval, {
    description:
      'Removes old records of the audit log, as far as the configuration file lets them go; the rest can still be verified, and the removal is a record itself.',
  })
  pruneAudit(
    @Ctx() context: ControlContext,
    @Arg('days', () => Int, { description: 'Older records are removed.' }) days: number,
  ): Promise<AuditRemoval> {
    return pruneAudit(context.settings, planeOf(context), context.actor, days);
  }
}

function json(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
