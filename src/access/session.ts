import { adminRole, type RoleName } from '../core/index.ts';

/** Who is asking, as every statement of the request sees it. */
export interface Session {
  readonly role: RoleName;
  /** Session variables, lower case without prefix: `user-id`. */
  readonly variables: ReadonlyMap<string, string>;
}

/** The session of somebody who may see everything. */
export const adminSession: Session = Object.freeze({ role: adminRole, variables: new Map<string, string>() });
