import { inheritLimits } from '../../src/views/role-limits.ts';

const roles = {
  slow: { rate: { requests: 1, seconds: 10 }, depth: 5, rows: null, cost: 10 },
  fast: { rate: { requests: 1, seconds: 1 }, depth: 7, rows: 10 },
  lead: { depth: 3 },
};

test('an inherited role has the widest limit of its parents where each has one, and its own before that', () => {
  const inherited = [
    { role_name: 'both', role_set: ['slow', 'fast'] },
    { role_name: 'lead', role_set: ['slow', 'fast'] },
    { role_name: 'chief', role_set: ['both', 'slow'] },
    { role_name: 'free', role_set: ['slow', 'anybody'] },
  ];
  expect(inheritLimits({ depth: 9, roles }, inherited)).toEqual({
    depth: 9,
    roles: {
      ...roles,
      both: { rate: roles.fast.rate, depth: 7, rows: null },
      lead: { rate: roles.fast.rate, depth: 3, rows: null },
      chief: { rate: roles.fast.rate, depth: 7, rows: null },
    },
  });
});

test('roles that inherit from themselves end', () => {
  const inherited = [
    { role_name: 'a', role_set: ['b', 'slow'] },
    { role_name: 'b', role_set: ['a', 'slow'] },
  ];
  expect(inheritLimits({ roles }, inherited).roles?.slow).toEqual(roles.slow);
  expect(inheritLimits({}, inherited)).toEqual({});
});
