import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { deliveryAttempts, listedDeliveries, redeliver } from '../../src/control/index.ts';
import type { DeliveryFilter } from '../../src/store/index.ts';
import type { ControlContext } from '../context.ts';
import { Delivery, DeliveryAttempt, DeliveryFilterInput, DeliveryPage } from './delivery.ts';

@Resolver(() => Delivery)
export class DeliveryResolver {
  @Query(() => DeliveryPage, { description: 'Deliveries of event triggers, the latest first.' })
  async deliveries(
    @Ctx() context: ControlContext,
    @Arg('filter', () => DeliveryFilterInput, { nullable: true }) filter: DeliveryFilterInput | null,
    @Arg('before', () => String, { nullable: true, description: 'The `next` of the page before.' })
    before: string | null,
    @Arg('limit', () => Int, { defaultValue: 50 }) limit: number,
  ): Promise<DeliveryPage> {
    const given = { ...filterOf(filter), ...(before == null ? {} : { before }) };
    return (await listedDeliveries(context, given, limit)) as unknown as DeliveryPage;
  }

  @FieldResolver(() => [DeliveryAttempt], { description: 'The log of its attempts, the first one first.' })
  async attemptLog(@Root() { id }: Delivery, @Ctx() context: ControlContext): Promise<DeliveryAttempt[]> {
    return [...(await deliveryAttempts(context, id))];
  }

  @Mutation(() => Int, {
    description: 'Delivers deliveries that have ended again, the oldest first. The answer is their number.',
  })
  redeliver(
    @Ctx() context: ControlContext,
    @Arg('filter', () => DeliveryFilterInput) filter: DeliveryFilterInput,
    @Arg('limit', () => Int, { defaultValue: 1000 }) limit: number,
  ): Promise<number> {
    return redeliver(context, filterOf(filter), limit);
  }
}

function filterOf(given: DeliveryFilterInput | null): DeliveryFilter {
  const parts = Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(parts);
}
