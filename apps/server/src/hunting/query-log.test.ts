import { expect, it } from 'vitest';
import { withoutObfuscated } from './query-log.ts';

it.each([
  [`print a = h"secret", b = H'it''s'`, `print a = h"****", b = H"****"'s'`],
  [`print h@"a""b", @"c:\\h""x"`, `print h"****", @"c:\\h""x"`],
  [String.raw`print "h'x'", h'a\'b', 'plain'`, String.raw`print "h'x'", h"****", 'plain'`],
  [`T // h'not a text'\n| where x startswith'abc'`, `T // h'not a text'\n| where x startswith'abc'`],
])('the log has no obfuscated text: %s', (query, logged) => expect(withoutObfuscated(query)).toBe(logged));
