import { expect, it } from 'vitest';
import { reasonFacts } from './reasons.ts';

it('joins numbers that belong together, and shows the others as they are', () => {
  expect(
    reasonFacts({
      Name: 'Country',
      Value: 'PA',
      Weight: 5,
      UserDays: 0,
      UserDaysKnown: 7,
      PeersWith: 1,
      Peers: 20,
      TenantUsers: 0,
    }),
  ).toEqual([
    ['Value', 'PA'],
    ['Weight', '5'],
    ['Of the user’s days', '0 of 7'],
    ['Of peers', '1 of 20'],
  ]);
  expect(reasonFacts({ Name: 'x', Value: ['a', 'b'], Mean: 1234.5, Empty: '' })).toEqual([
    ['Value', 'a, b'],
    ['Mean', '1,234.5'],
  ]);
});
