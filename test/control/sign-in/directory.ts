import { type Entries, type Slapd, startSlapd } from '../../support/servers/slapd.ts';

const root = 'dc=example,dc=com';
const person = (uid: string, more: Record<string, string | string[]> = {}) => ({
  [`uid=${uid},ou=people,${root}`]: {
    objectClass: ['inetOrgPerson', 'posixAccount'],
    uid,
    cn: `${uid} of Example`,
    sn: uid,
    mail: `${uid}@example.com`,
    uidNumber: '1000',
    gidNumber: '100',
    homeDirectory: '/',
    userPassword: `${uid} secret`,
    ...more,
  },
});
const group = (cn: string, member: string[]) => ({
  [`cn=${cn.replace(',', '\\2C')},ou=groups,${root}`]: { objectClass: 'groupOfNames', cn, member },
});

/** People and groups of a small company. `chief` is in `leaders`, which is in `staff`, which is in `all, of us`. */
const entries: Entries = {
  [root]: { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' },
  [`cn=foz,${root}`]: {
    objectClass: ['organizationalRole', 'simpleSecurityObject'],
    cn: 'foz',
    userPassword: 'service secret',
  },
  [`ou=people,${root}`]: { objectClass: 'organizationalUnit', ou: 'people' },
  [`ou=groups,${root}`]: { objectClass: 'organizationalUnit', ou: 'groups' },
  ...person('ada', { departmentNumber: ['7', '8'], employeeType: 'engineer' }),
  ...person('chief'),
  ...person('twin', { mail: 'shared@example.com' }),
  ...person('twin2', { mail: 'shared@example.com' }),

  [`cn=we\\2C (all) *,ou=people,${root}`]: {
    objectClass: 'inetOrgPerson',
    cn: 'we, (all) *',
    sn: 'we',
    uid: 'we*(all)\\',
    userPassword: 'we secret',
  },
  // The groups contain each other in a circle.
  ...group('leaders', [`uid=chief,ou=people,${root}`, `cn=all\\2C of us,ou=groups,${root}`]),
  ...group('staff', [`uid=ada,ou=people,${root}`, `cn=leaders,ou=groups,${root}`]),
  ...group('all, of us', [`cn=staff,ou=groups,${root}`, `cn=we\\2C (all) *,ou=people,${root}`]),
  [`cn=posix,ou=groups,${root}`]: {
    objectClass: 'posixGroup',
    cn: 'posix',
    gidNumber: '200',
    memberUid: ['ada'],
  },
  [`cn=primary,ou=groups,${root}`]: { objectClass: 'posixGroup', cn: 'primary', gidNumber: '100' },
  // A reference to another server, which must not be asked.
  [`ou=elsewhere,ou=people,${root}`]: {
    objectClass: ['referral', 'extensibleObject'],
    ou: 'elsewhere',
    ref: 'ldap://127.0.0.1:9/ou=people,dc=example,dc=com',
  },
};

/** Starts the directory of the company. */
export function startDirectory(): Promise<Slapd> {
  return startSlapd(entries);
}

/** Settings of a provider that searches the directory. */
export const searching = {
  protocol: 'ldap',
  bind_dn: `cn=foz,${root}`,
  bind_password: 'service secret',
  base_dn: root,
} as const;
