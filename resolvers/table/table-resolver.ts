import { Arg, Args, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import {
  auditReads,
  countTables,
  customizeColumn,
  customizeTable,
  describeTable,
  describeTables,
  setColumnValidation,
  setEnumTable,
  setRowValidations,
  setTableKey,
  trackTable,
  untrackTable,
} from '../../src/control/index.ts';
import { FozError } from '../../src/core/index.ts';
import { type ControlContext, planeOf } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { changed, MetadataResult } from '../metadata/metadata.ts';
import { RootFieldInput, Table, TableArgs } from './table.ts';

const optional = { nullable: true, description: 'Absent: as it is. null: as the database has it.' } as const;

@Resolver(() => Table)
export class TableResolver {
  @Query(() => [Table], { description: 'Tables and views of all sources, served or not.' })
  tables(
    @Ctx() context: ControlContext,
    @Arg('source', () => String, { nullable: true }) source: string | null,
    @Arg('tracked', () => Boolean, { nullable: true }) tracked: boolean | null,
    @Arg('search', () => String, { nullable: true, description: 'A part of a name or a comment.' })
    search: string | null,
    @Arg('limit', () => Int, { nullable: true, description: 'At most so many; default: all.' })
    limit: number | null,
    @Arg('offset', () => Int, { defaultValue: 0, description: 'So many are left out at the start.' })
    offset: number,
  ): Table[] {
    return describeTables(context, { source, tracked, search }, { limit: limit ?? null, offset });
  }

  @Query(() => Int, { description: 'How many tables and views `tables` finds.' })
  tableCount(
    @Ctx() context: ControlContext,
    @Arg('source', () => String, { nullable: true }) source: string | null,
    @Arg('tracked', () => Boolean, { nullable: true }) tracked: boolean | null,
    @Arg('search', () => String, { nullable: true }) search: string | null,
  ): number {
    return countTables(context, { source, tracked, search });
  }

  @Query(() => Table, { nullable: true, description: 'One table or view.' })
  table(
    @Ctx() context: ControlContext,
    @Arg('source', () => String) source: string,
    @Arg('namespace', () => String, { nullable: true, description: 'Absent: the default one.' })
    namespace: string | null,
    @Arg('name', () => String) name: string,
  ): Table | null {
    return describeTable(context, source, namespace ?? null, name);
  }

  @Mutation(() => MetadataResult, { description: 'Serves a table that was left out.' })
  trackTable(@Ctx() context: ControlContext, @Args(() => TableArgs) args: TableArgs) {
    return changed(context, trackTable(args), args);
  }

  @Mutation(() => MetadataResult, { description: 'Leaves a table out; what is said of it is kept.' })
  untrackTable(@Ctx() context: ControlContext, @Args(() => TableArgs) args: TableArgs) {
    return changed(context, untrackTable(args), args);
  }

  @Mutation(() => MetadataResult, { description: 'Names and describes a table.' })
  customizeTable(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('customName', () => String, optional) customName?: string | null,
    @Arg('description', () => String, optional) comment?: string | null,
    @Arg('rootFields', () => [RootFieldInput], optional) rootFields?: RootFieldInput[] | null,
  ) {
    return changed(context, customizeTable(args, { customName, comment, rootFields }), args);
  }

  @Mutation(() => MetadataResult, { description: 'Renames, describes, hides or shows a column.' })
  customizeColumn(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('column', () => String) column: string,
    @Arg('customName', () => String, optional) customName?: string | null,
    @Arg('description', () => String, optional) comment?: string | null,
    @Arg('hidden', () => Boolean, optional) hidden?: boolean | null,
  ) {
    return changed(context, customizeColumn(args, column, { customName, comment, hidden }), args);
  }

  @Mutation(() => MetadataResult, { description: 'Gives a view, or a table without one, a key; null: none.' })
  setTableKey(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('columns', () => [String], { nullable: true }) columns: string[] | null,
  ) {
    return changed(context, setTableKey(args, columns ?? null), args);
  }

  @Mutation(() => MetadataResult, {
    description:
      'Whether the rows of a table are the values of an enum, which columns that refer to it have.',
  })
  setEnumTable(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('isEnum', () => Boolean) isEnum: boolean,
  ) {
    return changed(context, setEnumTable(args, isEnum), args);
  }

  @Mutation(() => MetadataResult, { description: 'Whether reads of a table are written into the audit log.' })
  setTableAudit(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('reads', () => Boolean) reads: boolean,
  ) {
    if (reads && planeOf(context).audit === null)
      throw new FozError('not-supported', 'There is no audit log: "audit" is false in the configuration.');
    return changed(context, auditReads(args, reads), args);
  }

  @Mutation(() => MetadataResult, {
    description: 'Sets the validation rules for values that are written to a column.',
  })
  setValidation(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('column', () => String) column: string,
    @Arg('rules', () => [JsonScalar], { description: 'As in {"pattern": "^[A-Z]+$"}; none: no rule.' })
    rules: object[],
  ) {
    return changed(context, setColumnValidation(args, column, rules), args);
  }

  @Mutation(() => MetadataResult, { description: 'Conditions that every written row of a table passes.' })
  setRowValidations(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('rules', () => [JsonScalar], { description: 'As in {"check": {...}, "message": "..."}.' })
    rules: { check: Record<string, unknown>; message: string }[],
  ) {
    return changed(context, setRowValidations(args, rules), args);
  }
}
