import { expect, it } from 'vitest';
import { isLoginRecords, loginRecordSplitter } from './login-records.ts';

interface Record {
  readonly type: number;
  readonly user: string;
  readonly line?: string;
  readonly host?: string;
  readonly address?: readonly number[];
}

/** `struct utmp` as Linux writes it. */
function utmp({ type, user, line = 'pts/0', host = '', address = [] }: Record): Buffer {
  const bytes = Buffer.alloc(384);
  bytes.writeInt16LE(type, 0);
  bytes.writeInt32LE(4_242, 4);
  bytes.write(line, 8);
  bytes.write('ts/0', 40);
  bytes.write(user, 44);
  bytes.write(host, 76);
  bytes.writeInt32LE(Date.UTC(2026, 0, 8, 10) / 1_000, 340);
  bytes.writeInt32LE(250_000, 344);
  bytes.set(address, 348);
  return bytes;
}

function records(bytes: Buffer, pieces: number): unknown[] {
  const seen: unknown[] = [];
  const splitter = loginRecordSplitter((record, broken) => {
    const text = Buffer.from(record).toString();
    seen.push(broken ? `!${text.length}` : JSON.parse(text));
  });
  for (let from = 0; from < bytes.length; from += pieces) splitter.push(bytes.subarray(from, from + pieces));
  splitter.end();
  return seen;
}

it.each([100, 100_000])('login records are read by the fields of utmp (in pieces of %i)', (pieces) => {
  const file = Buffer.concat([
    utmp({ type: 7, user: 'anna', host: '203.0.113.9', address: [203, 0, 113, 9] }),
    Buffer.alloc(384),
    utmp({
      type: 6,
      user: 'x'.repeat(32),
      line: 'ssh:notty',
      address: [0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 1],
    }),
  ]);
  expect(isLoginRecords(file, true)).toBe(true);
  const damaged = Buffer.concat([file, Buffer.alloc(384, 0xff), utmp({ type: 8, user: '' }).subarray(0, 50)]);
  expect(records(damaged, pieces)).toMatchObject([
    {
      ut_type: 7,
      ut_user: 'anna',
      ut_host: '203.0.113.9',
      ut_addr_v6: '203.0.113.9',
      ut_tv: '2026-01-08T10:00:00.250000Z',
    },
    { ut_type: 6, ut_user: 'x'.repeat(32), ut_line: 'ssh:notty', ut_addr_v6: '2001:db8:0:0:0:0:0:1' },
    '!768',
    '!100',
  ]);
});

it.each([
  ['zeros', Buffer.alloc(384 * 3)],
  ['other bytes', Buffer.alloc(384 * 2, 0x41)],
  ['a record and a bit', Buffer.concat([utmp({ type: 7, user: 'a' }), Buffer.alloc(1)])],
])('%s are no file of login records', (_, bytes) => expect(isLoginRecords(bytes, true)).toBe(false));
