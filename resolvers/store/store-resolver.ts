import { Ctx, Query, Resolver } from 'type-graphql';
import { describeStore } from '../../src/control/index.ts';
import { type ControlContext, planeOf } from '../context.ts';
import { StoreStatus } from './store.ts';

@Resolver()
export class StoreResolver {
  @Query(() => StoreStatus, {
    description: 'The kind of the store, and whether its structure is up to date.',
  })
  storeStatus(@Ctx() context: ControlContext): Promise<StoreStatus> {
    return describeStore(planeOf(context).store);
  }
}
