import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestIngest, type TestIngest } from '../testing/core.ts';
import { epochToIso } from './epoch.ts';

let test: TestIngest;
beforeAll(async () => {
  test = await startTestIngest();
});
afterAll(() => test[Symbol.asyncDispose]());

it('takes objects of any shape, with the time, host and text that they tell', async () => {
  const objects = [
    { '@timestamp': '2026-01-02T03:04:05.678Z', host: { name: 'a' }, message: 'one' },
    { ts: 1_767_225_600.5, hostname: 'b', msg: 'two' },
    { timestamp: 1_767_225_600_250, host: 'c' },
    { time: 'no time', n: [1, { x: null }] },
  ];
  await test.core.append('Custom-GenericJson', Buffer.from(JSON.stringify(objects)));
  await test.core.flush();
  const rows = await test.rows(
    `SELECT if(TimeGenerated > now() - 3600, NULL, TimeGenerated), Computer, Message, Event FROM GenericEvents_CL ORDER BY Computer`,
  );
  expect(rows).toEqual([
    [null, '', '', '{"time":"no time","n":[1,{"x":null}]}'],
    ['2026-01-02T03:04:05.6780000Z', 'a', 'one', JSON.stringify(objects[0])],
    ['2026-01-01T00:00:00.5000000Z', 'b', 'two', JSON.stringify(objects[1])],
    ['2026-01-01T00:00:00.2500000Z', 'c', '', JSON.stringify(objects[2])],
  ]);
  expect(await test.rows('SELECT count() FROM DCRLogErrors')).toEqual([[0]]);
});

it.each([
  [1_767_225_600, '2026-01-01T00:00:00.000000Z'],
  [1_767_225_600.123456, '2026-01-01T00:00:00.123456Z'],
  [1_767_225_600_123, '2026-01-01T00:00:00.123000Z'],
  [1_767_225_600_123_456, '2026-01-01T00:00:00.123456Z'],
  [Number.NaN, undefined],
  [-1, undefined],
  [1e30, undefined],
])('reads %d as a time: %s', (value, expected) => expect(epochToIso(value)).toBe(expected));
