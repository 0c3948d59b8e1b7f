import { type DocumentNode, Kind, parse, type TypeNode } from 'graphql';
import { entriesOf, type Session, workflowPermissions } from '../access/index.ts';
import { allowsOperation } from '../auth/index.ts';
import type { Metadata, NamedMetadata, Naming } from '../catalog/index.ts';
import { definitionFaults, fieldIn, type ServiceDeclaration, type ServiceFields } from '../graph/index.ts';
import { resultOf, runFields, runKinds } from './run-fields.ts';

/** The kinds of root fields that workflows have. */
export const serviceKinds = {
  start: 'start of the workflow',
  run: runKinds.one,
  runs: runKinds.many,
} as const;

/** The root fields that metadata declares beside those of tables. Definitions with faults have none; others report them. */
export function declaredServices(metadata: Metadata, naming: Naming): readonly ServiceDeclaration[] {
  const names = new Set<string>();
  return (metadata.workflows ?? []).flatMap((entry, index) => {
    // A second entry of a name is left out.
    if (names.has(entry.name)) return [];
    names.add(entry.name);
    const document = mutationOf(entry);
    const start = document === null ? [] : [startOf(entry, document, index)];
    const isSeen = entriesOf(entry.permissions).some(({ see }) => see === 'own' || see === 'all');
    if (!isSeen) return start;
    const seen = {
      name: entry.name,
      field: document === null ? entry.name : fieldIn(document, 'mutation').name.value,
      result: document === null ? null : resultOf(document),
    };
    return [...start, ...runFields(seen, naming, index)];
  });
}

/** The definition of the mutation field of a workflow; `null`: it has none, or one with faults. */
function mutationOf({ mutation }: NamedMetadata): DocumentNode | null {
  const { definition } = (mutation ?? {}) as { readonly definition?: unknown };
  const isFaulty = typeof definition !== 'string' || definitionFaults(definition, 'mutation').length > 0;
  return isFaulty ? null : parse(definition, { noLocation: true });
}

function startOf(
  { name, mutation }: NamedMetadata,
  document: DocumentNode,
  index: number,
): ServiceDeclaration {
  const { kind } = mutation as { readonly kind?: unknown };
  return {
    operation: 'mutation',
    definition: kind === 'asynchronous' ? answeringId(document) : document,
    target: { kind: serviceKinds.start, name },
    where: `workflow ${name}`,
    path: ['workflows', index, 'mutation', 'definition'],
  };
}

const id: TypeNode = {
  kind: Kind.NON_NULL_TYPE,
  type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'ID' } },
};

/** The definition of a field that answers with the id of a run. */
function answeringId(document: DocumentNode): DocumentNode {
  const field = fieldIn(document, 'mutation');
  return {
    ...document,
    definitions: document.definitions.map((one) =>
      one.kind === Kind.OBJECT_TYPE_DEFINITION && one.fields?.includes(field)
        ? { ...one, fields: [{ ...field, type: id }] }
        : one,
    ),
  };
}

/** The fields that a session sees. A credential that is restricted to sources or tables sees none. */
export function seenServices(
  services: ServiceFields,
  metadata: Metadata,
  { role, scopes }: Pick<Session, 'role' | 'scopes'>,
): ServiceFields {
  if (scopes !== undefined && (scopes.sources ?? scopes.tables) !== null) return services.only(() => false);
  const permissions = workflowPermissions(metadata, role);
  return services.only(
    ({ kind, name }, operation) =>
      allowsOperation(scopes, operation) &&
      (kind === serviceKinds.start ? permissions.mayStart(name) : permissions.seen(name) !== null),
  );
}
