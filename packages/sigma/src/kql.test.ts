import { describe, expect, it } from 'vitest';
import { compiled, conditionOf, ruleOf } from './testing.ts';

describe('values', () => {
  it.each([
    [{ A: 'x' }, "A =~ 'x'"],
    [{ A: ['x', 'y'] }, "A in~ ('x', 'y')"],
    [{ A: ['x', '*y'] }, "A =~ 'x' or A endswith 'y'"],
    [{ A: 'x*' }, "A startswith 'x'"],
    [{ A: '*x' }, "A endswith 'x'"],
    [{ A: '*x*' }, "A contains 'x'"],
    [{ A: 'x*y?z' }, "A matches regex '(?is)^x.*y.z$'"],
    [{ A: 'a.b*c' }, String.raw`A matches regex @'(?is)^a\.b.*c$'`],
    [{ A: '*' }, 'isnotempty(A)'],
    [{ A: '' }, 'isempty(A)'],
    [{ A: null }, 'isempty(A)'],
    [{ A: "it's" }, String.raw`A =~ 'it\'s'`],
    [{ A: String.raw`C:\Windows\'s` }, String.raw`A =~ @'C:\Windows\''s'`],
    [{ A: 'line\nline' }, String.raw`A =~ 'line\nline'`],
    [{ A: 5 }, "A == '5'"],
    [{ A: true }, "A =~ 'true'"],
    [{ N: 5 }, 'N == 5'],
    [{ N: [5, 6] }, 'N in (5, 6)'],
    [{ N: '5' }, 'N == 5'],
    [{ 'N|contains': 5 }, "tostring(N) contains '5'"],
    [{ N: null }, 'isnull(N)'],
  ])('%j is %s', (search, kql) => expect(conditionOf(search)).toBe(kql));

  it.each([
    [String.raw`\*x`, '*x'],
    [String.raw`\?x`, '?x'],
    [String.raw`a\\b`, String.raw`a\b`],
    [String.raw`\\\\server`, String.raw`\\server`],
    [String.raw`a\b`, String.raw`a\b`],
  ])('a backslash takes its meaning from what it stands before: %s', (written, meant) =>
    expect(conditionOf({ A: written })).toBe(meant.includes('\\') ? `A =~ @'${meant}'` : `A =~ '${meant}'`),
  );
  it('a backslash and then a wildcard', () =>
    expect(conditionOf({ A: String.raw`C:\\*` })).toBe(String.raw`A startswith @'C:\'`));
  it('takes numbers that are written in another way as texts', () => {
    const text = ruleOf({ sel: { A: 'HEX' }, condition: 'sel' }).replace('HEX', '0x1410');
    expect(compiled(text).rules[0]?.condition).toBe("A =~ '0x1410'");
  });
});

describe('fields', () => {
  it.each([
    [{ a: 'x' }, "A =~ 'x'"],
    [{ 'a-b': 'x' }, "B =~ 'x'"],
    [{ Joined: 'x' }, "(strcat(A, '/', B)) =~ 'x'"],
    [{ Other: 'x' }, "tostring(Rest.Other) =~ 'x'"],
    [{ 'x.y-z': 'x' }, "tostring(Rest.x['y-z']) =~ 'x'"],
  ])('%j is %s', (search, kql) => expect(conditionOf(search)).toBe(kql));
});

describe('modifiers', () => {
  it.each([
    [{ 'A|contains': 'x' }, "A contains 'x'"],
    [{ 'A|startswith': 'x' }, "A startswith 'x'"],
    [{ 'A|endswith': 'x' }, "A endswith 'x'"],
    [{ 'A|contains|cased': 'x' }, "A contains_cs 'x'"],
    [{ 'A|cased': 'x' }, "A == 'x'"],
    [{ 'A|cased': ['x', 'y'] }, "A in ('x', 'y')"],
    [{ 'A|contains|all': ['x', 'y'] }, "A contains 'x' and A contains 'y'"],
    [{ 'A|contains': '*x' }, "A contains 'x'"],
    [{ 'A|contains': 'x*y' }, "A matches regex '(?is)x.*y'"],
    [{ 'A|neq': 'x' }, "not(A =~ 'x')"],
    [{ 'A|re': String.raw`a\d+` }, String.raw`A matches regex @'a\d+'`],
    [{ 'A|re|i': 'a' }, "A matches regex '(?i)a'"],
    [{ 'A|re|m|s': 'a' }, "A matches regex '(?ms)a'"],
    [
      { 'A|re': '^(?!.*x)(?=.*y)z' },
      "A matches regex '^(?:.*y)' and A matches regex '^z' and not(A matches regex '^(?:.*x)')",
    ],
    [{ 'Ip|cidr': '10.0.0.0/8' }, "ipv4_is_in_range(Ip, '10.0.0.0/8')"],
    [{ 'Ip|cidr': 'fe80::/10' }, "ipv6_is_in_range(Ip, 'fe80::/10')"],
    [{ 'A|exists': true }, 'isnotempty(A)'],
    [{ 'A|exists': false }, 'not(isnotempty(A))'],
    [{ 'A|fieldref': 'B' }, 'A =~ B'],
    [{ 'A|fieldref|endswith': 'B' }, 'A endswith B'],
    [{ 'N|gte': 5 }, 'N >= 5'],
    [{ 'A|lt': '5' }, 'todouble(A) < 5'],
    [{ 'A|base64': 'foobar' }, "A =~ 'Zm9vYmFy'"],
    [{ 'A|base64offset|contains': 'foobar' }, "A contains 'Zm9vYmFy' or A contains 'Zvb2Jhc' or A contains 'mb29iYX'"],
    [{ 'A|wide|base64': 'ab' }, "A =~ 'YQBiAA=='"],
    [{ 'A|utf16be|base64': 'ab' }, "A =~ 'AGEAYg=='"],
    [{ 'A|utf16|base64': 'ab' }, "A =~ '//5hAGIA'"],
    [
      { 'A|contains|windash': ' -x' },
      "A contains ' -x' or A contains ' /x' or A contains ' \u2013x' or A contains ' \u2014x' or A contains ' \u2015x'",
    ],
    [{ 'A|windash': '-x -y' }, "A matches regex '(?is)^[-/\u2013\u2014\u2015]x [-/\u2013\u2014\u2015]y$'"],
    [{ 'A|windash': 'a-x' }, "A =~ 'a-x'"],
    [{ 'A|hour|gte': 22 }, "datetime_part('Hour', todatetime(A)) >= 22"],
    [{ 'A|minute': 3 }, "datetime_part('Minute', todatetime(A)) == 3"],
  ])('%j is %s', (search, kql) => expect(conditionOf(search)).toBe(kql));

  it('expand takes each value of a placeholder', () => {
    const placeholders = new Map([['admins', ['anna', 'bob*']]]);
    expect(conditionOf({ 'A|expand': '%admins%' }, placeholders)).toBe("A =~ 'anna' or A startswith 'bob'");
    expect(conditionOf({ 'A|contains|expand': 'x%admins%' }, placeholders)).toBe(
      "A contains 'xanna' or A contains 'xbob'",
    );
  });

  it('below a negation what may be null is false', () => {
    const text = ruleOf({ sel: { 'N|gt': 5, 'Ip|cidr': '10.0.0.0/8' }, condition: 'not sel' });
    expect(compiled(text).rules[0]?.condition).toBe(
      "not(coalesce(N > 5, false) and coalesce(ipv4_is_in_range(Ip, '10.0.0.0/8'), false))",
    );
  });
});

describe('keywords', () => {
  it.each([
    ['x', "Message contains 'x' or tostring(Rest) contains 'x'"],
    [
      ['x', 'y'],
      "(Message contains 'x' or tostring(Rest) contains 'x') or (Message contains 'y' or tostring(Rest) contains 'y')",
    ],
    [String.raw`a\b`, String.raw`Message contains @'a\b' or tostring(Rest) contains @'a\\b'`],
    [
      { '|all': ['x', 'y'] },
      "(Message contains 'x' or tostring(Rest) contains 'x') and (Message contains 'y' or tostring(Rest) contains 'y')",
    ],
    [{ '|re': 'x+' }, "Message matches regex 'x+' or tostring(Rest) matches regex 'x+'"],
    [5, "Message contains '5' or tostring(Rest) contains '5'"],
  ])('%j is %s', (search, kql) => expect(conditionOf(search)).toBe(kql));
});

describe('conditions', () => {
  const detection = { s1: { A: '1' }, s2: { A: '2' }, _s3: { A: '3' }, f: { B: 'f' } };
  it.each([
    ['s1 and s2', "A =~ '1' and A =~ '2'"],
    ['s1 or s2', "A in~ ('1', '2')"],
    ['s1 or s2 and f', "A =~ '1' or (A =~ '2' and B =~ 'f')"],
    ['(s1 or s2) and not f', "A in~ ('1', '2') and not(B =~ 'f')"],
    ['1 of s*', "A in~ ('1', '2')"],
    ['any of s*', "A in~ ('1', '2')"],
    ['all of s*', "A =~ '1' and A =~ '2'"],
    ['all of them', "A =~ '1' and A =~ '2' and B =~ 'f'"],
    ['2 of them', "(A =~ '1' and A =~ '2') or (A =~ '1' and B =~ 'f') or (A =~ '2' and B =~ 'f')"],
    ['_s3', "A =~ '3'"],
    [['s1', 'f'], "A =~ '1' or B =~ 'f'"],
  ])('%j is %s', (condition, kql) =>
    expect(compiled(ruleOf({ ...detection, condition })).rules[0]?.condition).toBe(kql),
  );

  it('a log source that is a part of a view', () =>
    expect(
      compiled(ruleOf({ ...detection, condition: 's1 or f' }, { logsource: { product: 'test', service: 'part' } }))
        .rules[0]?.query,
    ).toBe("_Sigma_test\n| where B == 'part' and (A =~ '1' or B =~ 'f')"));

  it('many alternatives stay shallow', () => {
    const values = Array.from({ length: 3_000 }, (_, n) => `*x${n}`);
    let depth = 0;
    let deepest = 0;
    for (const character of conditionOf({ A: values })) {
      if (character === '(') deepest = Math.max(deepest, ++depth);
      else if (character === ')') depth--;
    }
    expect(deepest).toBeGreaterThan(0);
    expect(deepest).toBeLessThan(5);
  });

  it('the counting of old', () =>
    expect(
      compiled(ruleOf({ s1: { A: 'x' }, timeframe: '1h', condition: 's1 | count(B) by Other > 5' })).rules[0],
    ).toMatchObject({
      schedule: { period: 3_600, frequency: 360 },
      query: `_Sigma_test
| where A =~ 'x'
| summarize Count = dcount(B, 4), StartTime = min(TimeGenerated), TimeGenerated = max(TimeGenerated) by Other = tostring(Rest.Other)
| where Count > 5 and TimeGenerated >= ago(360s)`,
    }));
});
