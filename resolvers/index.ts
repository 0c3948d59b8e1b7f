import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import { AccountResolver } from './account/account-resolver.ts';
import { AuditResolver } from './audit/audit-resolver.ts';
import { DeliveryResolver } from './delivery/delivery-resolver.ts';
import { ExplainResolver } from './explain/explain-resolver.ts';
import { HookResolver } from './hook/hook-resolver.ts';
import { KeyResolver } from './key/key-resolver.ts';
import { MetadataResolver } from './metadata/metadata-resolver.ts';
import { PermissionResolver } from './permission/permission-resolver.ts';
import { ProviderResolver } from './provider/provider-resolver.ts';
import { RelationshipResolver } from './relationship/relationship-resolver.ts';
import { RoleResolver } from './role/role-resolver.ts';
import { RunResolver } from './run/run-resolver.ts';
import { SchemaResolver } from './schema/schema-resolver.ts';
import { SessionResolver } from './session/session-resolver.ts';
import { AllowListResolver } from './setting/allow-list-resolver.ts';
import { GeneralResolver } from './setting/general-resolver.ts';
import { SettingResolver } from './setting/setting-resolver.ts';
import { SourceResolver } from './source/source-resolver.ts';
import { StoreResolver } from './store/store-resolver.ts';
import { SyncResolver } from './sync/sync-resolver.ts';
import { TableResolver } from './table/table-resolver.ts';
import { AnyTriggerResolver } from './trigger/any-trigger-resolver.ts';
import { TriggerResolver } from './trigger/trigger-resolver.ts';
import { UserResolver } from './user/user-resolver.ts';
import { WorkflowResolver } from './workflow/workflow-resolver.ts';

export type { ControlContext } from './context.ts';

/** The graph of the control API; `schema/control.graphql` is its printed form. */
export function buildControlGraph(): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: [
      SourceResolver,
      MetadataResolver,
      TableResolver,
      RelationshipResolver,
      PermissionResolver,
      ExplainResolver,
      SchemaResolver,
      KeyResolver,
      RoleResolver,
      AuditResolver,
      TriggerResolver,
      AnyTriggerResolver,
      DeliveryResolver,
      StoreResolver,
      SettingResolver,
      GeneralResolver,
      AllowListResolver,
      ProviderResolver,
      UserResolver,
      SessionResolver,
      WorkflowResolver,
      RunResolver,
      HookResolver,
      SyncResolver,
    ],
    validate: false,
  });
}

/** The graph of authenticated callers about their own account; `schema/account.graphql` is its printed form. */
export function buildAccountGraph(): Promise<GraphQLSchema> {
  return buildSchema({ resolvers: [AccountResolver], validate: false });
}
