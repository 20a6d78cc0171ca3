import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadSources, shippedSources } from '../../sources/load.ts';
import { jsonMessage, withHost } from './header.ts';
import { Router } from './router.ts';

const now = new Date('2026-01-02T03:04:05.678Z');
const named = (line: string) => withHost(line, '192.0.2.1', () => now);

describe('the host of a line', () => {
  it.each([
    ['<38>1 2026-01-01T00:00:00Z - app 1 - - x', '<38>1 2026-01-01T00:00:00Z 192.0.2.1 app 1 - - x'],
    ['<38>Jan  8 03:37:09 app[1]: x', '<38>Jan  8 03:37:09 192.0.2.1 app[1]: x'],
    ['<38>Jan  8 03:37:09 DENY: x y', '<38>Jan  8 03:37:09 192.0.2.1 DENY: x y'],
    [
      'Jan  8 03:37:09 --- last message repeated 2 times ---',
      'Jan  8 03:37:09 192.0.2.1 --- last message repeated 2 times ---',
    ],
    ['<38>2026-01-01T00:00:00+01:00 app: x', '<38>2026-01-01T00:00:00+01:00 192.0.2.1 app: x'],
    ['<38>app: x', '<38>2026-01-02T03:04:05.678Z 192.0.2.1 app: x'],
    ['2026-01-08 03:37:09 INFO it began', '<13>2026-01-02T03:04:05.678Z 192.0.2.1 2026-01-08 03:37:09 INFO it began'],
    ['anything', '<13>2026-01-02T03:04:05.678Z 192.0.2.1 anything'],
  ])('is the sender’s address where there is none: %s', (line, expected) => {
    expect(named(line)).toBe(expected);
  });

  it.each([
    '<38>1 2026-01-01T00:00:00Z host app 1 - - x',
    '<38>Jan  8 03:37:09 host app[1]: x',
    'Jan  8 03:37:09 host said so',
    'Jan  8 2026 03:37:09 host app[1]: x',
    '<38>2026 Jan  8 03:37:09 host app[1]: x',
    'Jan 08 03:37:09.123456 host app[1]: x',
    '2026-01-08 03:37:09 host app[1]: x',
    '2026-01-23 03:32:35.380619-0800  localhost screensharingd[3535]: Authentication: FAILED',
  ])('stays: %s', (line) => {
    expect(named(line)).toBeUndefined();
  });
});

describe('routing', () => {
  it('takes any bytes: one line each, never lost', async () => {
    const { sources } = await loadSources(shippedSources);
    const router = new Router({ sources: () => sources, plainStream: 'Custom-SyslogText', now: () => now });
    const known = new Set(sources.flatMap((source) => source.streams.map((stream) => stream.name)));
    const pieces = fc.constantFrom(
      '<38>',
      '1 ',
      '-',
      ' ',
      '\n',
      '\r',
      '\x01',
      '{',
      '}',
      '"a":1',
      'Jan  8 03:37:09 ',
      'host ',
      'app[1]: ',
      'é',
      '\xff',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { minLength: 1, maxLength: 20 }),
        fc.constantFrom('192.0.2.1', '::1'),
        (parts, address) => {
          const { stream, line } = router.route(address, Buffer.from(parts.join(''), 'latin1'));
          expect(known.has(stream)).toBe(true);
          expect(line.length).toBeGreaterThan(0);
          expect(Buffer.from(line).includes('\n') || line[0] === 1).toBe(false);
        },
      ),
    );
  });

  it('takes out what a container runtime has wrapped', async () => {
    const { sources } = await loadSources(shippedSources);
    const router = new Router({ sources: () => sources, plainStream: 'Custom-SyslogText', now: () => now });
    const routed = (text: string) => {
      const { stream, line } = router.route('192.0.2.1', Buffer.from(text));
      return [stream, Buffer.from(line).toString()];
    };
    const docker = (log: string) =>
      JSON.stringify({ log: `${log}\n`, stream: 'stderr', time: '2026-01-08T03:37:09.1Z' });
    const redis = '812:M 03 Feb 2026 08:15:21.003 * Ready to accept connections';
    expect(routed(docker(redis))).toEqual(['Custom-RedisText', redis]);
    expect(routed(`2026-01-08T03:37:09.123456789Z stdout F ${redis}`)).toEqual(['Custom-RedisText', redis]);
    expect(routed(docker('all is well'))).toEqual([
      'Custom-SyslogText',
      '<13>2026-01-08T03:37:09.1Z 192.0.2.1 all is well',
    ]);
    expect(routed(docker('<38>Jan  8 03:37:09 host app[1]: x'))).toEqual([
      'Custom-SyslogText',
      '<38>Jan  8 03:37:09 host app[1]: x',
    ]);
  });

  it('finds a JSON message behind a header only', () => {
    expect(jsonMessage('<13>Jan  8 03:37:09 h app: {"a":{}}')).toBe('{"a":{}}');
    expect(jsonMessage('<13>1 - h app - - - {"a":1}')).toBe('{"a":1}');
    expect(jsonMessage('<13>Jan  8 03:37:09 h app: x{"a":1}')).toBeUndefined();
    expect(jsonMessage('{"a":1}')).toBeUndefined();
  });
});
