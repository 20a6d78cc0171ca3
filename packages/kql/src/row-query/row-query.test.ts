import { describe, expect, it } from 'vitest';
import { regexLiterals } from './regex-literals.ts';
import { rowQuery, type Literal } from './row-query.ts';

const columns = [
  { name: 'TimeGenerated', type: 'datetime' },
  { name: 'Image', type: 'string' },
  { name: 'Line', type: 'string' },
  { name: 'EventID', type: 'int' },
  { name: 'Data', type: 'dynamic' },
] as const;
const catalogue = {
  version: 'row-query',
  tables: [
    { name: 'T', columns },
    { name: 'U', columns },
  ],
  functions: [
    { name: 'V', parameters: '()', body: 'union (T | where EventID == 1), (U | project TimeGenerated, Image, Line)' },
    { name: 'Grouped', parameters: '()', body: 'T | summarize by Image' },
  ],
};
const planned = (text: string) => {
  const query = rowQuery(text, catalogue);
  if ('fault' in query) throw new Error(query.fault);
  return query;
};
const marks = { anywhere: '~', start: '^', end: '$', whole: '=' };
const short = ({ subject, text, at, absent }: Literal): string =>
  `${absent ? '-' : ''}${subject.replaceAll(/^r\.|^ifNull\(toString\(r\.|\), ''\)$|`/g, '')}${marks[at]}${text}`;
/** Alternatives as text: `a|b & c` is (a or b) and c. */
const needs = (condition: string): string[] =>
  planned(`T | where ${condition}`).alternatives.map((clauses) =>
    clauses
      .map((clause) => clause.map(short).join('|'))
      .toSorted()
      .join(' & '),
  );

describe('what a row must have', () => {
  it.each([
    [`Image endswith @'\\Cmd.exe'`, [String.raw`Image$\cmd.exe`]],
    [`Image endswith 'a.exe' and Line contains 'Use'`, ['Image$a.exe & Line~use']],
    [`Image endswith 'a.exe' or Line startswith 'use'`, ['Image$a.exe|Line^use']],
    [`Image in~ ('A', 'b') or Image == 'C'`, ['Image=a|Image=b|Image=c']],
    [
      `(Image =~ 'a' and Line has 'x1') or (Image =~ 'b' and Line has 'y1')`,
      ['Image=a & Line~x1', 'Image=b & Line~y1'],
    ],
    [`Line has_any ('aa', 'bb') and Line has_all ('cc', 'dd')`, ['Line~aa|Line~bb & Line~cc & Line~dd']],
    [`EventID == 4624 and Line contains 'x'`, ['EventID=4624 & Line~x']],
    [`EventID in (1, 2)`, ['EventID=1|EventID=2']],
    [`not(Image startswith 'C:' or Line contains 'x')`, ['-Image^c: & -Line~x']],
    [`Image !contains 'a' and Line != 'b'`, ['-Image~a & -Line=b']],
    [`not(Image has 'a')`, ['']],
    [`tolower(Image) contains 'a'`, ['Image~a']],
    [`not(tolower(Image) contains 'a')`, ['-lowerUTF8(Image)~a']],
    [`coalesce(Image contains 'a', false)`, ['Image~a']],
    [`Line matches regex @'(?i)foo.*(bar|quux)+'`, ['Line~bar|Line~quux & Line~foo']],
    [`tostring(Data.Image) endswith 'a.exe'`, ["JSONExtract(r.Data, 'Image', 'String')$a.exe"]],
    [`Image contains 'Σ' or Line contains 'a'`, ['']],
    [`Image contains 'Éа'`, ['Image~éа']],
    [`Image contains 'cafσ latte'`, ['Image~ latte']],
    [`Image contains '\u202e.exe'`, ['Image~\u202e.exe']],
    [`strlen(Image) > 5`, ['']],
    [`false`, []],
    [`TimeGenerated > ago(1h) and Line contains 'a'`, ['Line~a']],
  ])('%s', (condition, expected) => {
    expect(needs(condition)).toEqual(
      expected.map((one) => one.split(' & ').toSorted().join(' & ').replace('(Image)', '(r.Image)')),
    );
  });
});

it('looks through extend and project, and keeps to the columns of the source', () => {
  const query = planned(
    `let wanted = dynamic(['a']); T | extend Name = tolower(Image) | where Name in (wanted) | project TimeGenerated, L = Line | where L has 'b'`,
  );
  expect(query.source).toBe('T');
  expect(query.columns.map(({ name }) => name)).toEqual(['Image', 'Line']);
  expect(query.alternatives[0]?.flat().map(short)).toEqual(['Image=a', 'Line~b']);
});

it('takes a function of rows as a source', () => {
  const query = planned(`V() | where Image =~ 'a'`);
  expect(query).toMatchObject({ source: 'V()', condition: "((lower(r.`Image`) = 'a'))" });
});

it.each([
  ['T | summarize count() by Image', 'together'],
  ['T | take 5', 'together'],
  ['T | join (U) on Image', 'together'],
  ['T | where Image in (U | project Image)', 'together'],
  ['Grouped | where Image == "a"', 'one by one'],
  ['let R = T | where EventID == 1; R | where Image == "a"', '`let`'],
  ['T | where Nothing == 1', 'Nothing'],
  ['T | where', ''],
  ['', 'no query'],
])('%s is none', (text, word) => {
  expect(rowQuery(text, catalogue)).toMatchObject({ fault: expect.stringContaining(word) as string });
});

describe('texts that an expression needs', () => {
  it.each([
    ['abc', [['abc']]],
    ['^abc$', [['abc']]],
    [String.raw`a\.b\\c`, [[String.raw`a.b\c`]]],
    ['ab.*cd', [['ab'], ['cd']]],
    ['(?:ab|cd)ef', [['ab', 'cd'], ['ef']]],
    ['(ab|c)de', [['de']]],
    ['ab(cd)?ef', [['ab'], ['ef']]],
    ['abc*de', [['ab'], ['de']]],
    ['abc+de', [['abc'], ['de']]],
    ['ab{2}cd', [['ab'], ['cd']]],
    [String.raw`[a-z]{3}\d+foo`, [['foo']]],
    ['[]a]foo', [['foo']]],
    [String.raw`\x41foo`, [['foo']]],
    [String.raw`\bfoo\b`, [['foo']]],
    ['(?i)foo', [['foo']]],
    ['(?x) f o o', []],
    ['foo|', []],
    ['foo|bar', [['foo', 'bar']]],
    [String.raw`\Qfoo\E`, []],
    ['(foo', []],
  ])('%s', (pattern, expected) => expect(regexLiterals(pattern)).toEqual(expected));
});
