import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { explainOperation } from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';

@Resolver()
export class ExplainResolver {
  @Query(() => String, { description: 'The statements of an operation, without running any.' })
  explain(
    @Ctx() { graphs }: ControlContext,
    @Arg('query', () => String) query: string,
    @Arg('variables', () => String, { nullable: true, description: 'A JSON object.' }) variables:
      | string
      | null,
    @Arg('operationName', () => String, { nullable: true }) operationName: string | null,
    @Arg('role', () => String, {
      nullable: true,
      description: 'As which role, with its rules in the statements; default: admin.',
    })
    role: string | null,
  ): Promise<string> {
    return explainOperation(graphs, { query, variables: variables ?? '{}', operationName, role });
  }
}
