import { describe, expect, it } from 'vitest';
import { countedAddress } from './address.ts';
import { waitMs } from './throttle.ts';

describe('how long a failed sign-in makes the next one wait', () => {
  it('doubles from half a minute to a quarter of an hour', () => {
    expect([0, 4, 5, 6, 7, 8, 9, 10, 1_000].map((failures) => waitMs('account', failures) / 1_000)).toEqual([
      0, 0, 30, 60, 120, 240, 480, 900, 900,
    ]);
    expect(waitMs('address', 19)).toBe(0);
  });
});

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:0001:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s counts as %s', (address, counted) => {
    expect(countedAddress(address)).toBe(counted);
  });
});
