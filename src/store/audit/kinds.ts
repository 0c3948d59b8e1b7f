/** Kinds of events that are written down. */
export const auditKinds = ['control', 'sign-in', 'refusal', 'mutation', 'read'] as const;

export type AuditKind = (typeof auditKinds)[number];
