import { createHmac } from 'node:crypto';
import type { LogIn } from '../postgres/index.ts';

/*
 * "KingbaseES security guide", client authentication, lists the methods of sys_hba.conf: scram-sha-256, scram-sm3, md5, sm3, sm4, password.
 * The messages of sm3 are not documented: they are implemented as in the vendor's driver for Go (`gokb`). Neither the guide nor the driver has
 * those of scram-sm3 and sm4, so a server that asks for one of these is refused; the error names another method.
 */

const sm3 = (text: string, key: string | Buffer) => createHmac('sm3', key).update(text).digest('hex');

/** The code of the server's request for a log-in by `sm3`. Its salt has four bytes. */
const sm3Code = 13;

/** As `md5` of PostgreSQL, with keyed SM3 digests: first by the name of the user, then by the salt. */
const logInBySm3: LogIn = (user, password, salt) => `sm3${sm3(sm3(password, user), salt)}`;

export const logIns: ReadonlyMap<number, LogIn> = new Map([[sm3Code, logInBySm3]]);
