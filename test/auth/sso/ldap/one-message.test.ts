import { isOneMessage } from '../../../../src/auth/sso/ldap/connection.ts';

describe('the answer to StartTLS', () => {
  const answer = Buffer.from('300c02010178070a010004000400', 'hex');

  it('is one message, with a length of either form', () => {
    expect(isOneMessage(answer)).toBe(true);
    const long = Buffer.concat([Buffer.from([0x30, 0x84, 0, 0, 0, 12]), answer.subarray(2)]);
    expect(isOneMessage(long)).toBe(true);
  });

  it('is refused with the beginning of a further message, or incomplete', () => {
    expect(isOneMessage(Buffer.concat([answer, Buffer.from('3081', 'hex')]))).toBe(false);
    expect(isOneMessage(Buffer.concat([answer, answer]))).toBe(false);
    expect(isOneMessage(answer.subarray(0, 5))).toBe(false);
    expect(isOneMessage(Buffer.alloc(0))).toBe(false);
  });
});
