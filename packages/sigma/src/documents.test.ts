import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { looksLikeSigma } from './index.ts';
import { compiled, ruleOf } from './testing.ts';

const base = { title: 'A rule', logsource: { product: 'test' } };
const one = { sel: { A: 'x' }, condition: 'sel' };
const faultsOf = (document: unknown): readonly string[] => compiled(stringify(document)).problems;

describe('what is wrong, with its line', () => {
  it.each([
    [{ logsource: { product: 'test' }, detection: one }, '1: there is no `title`'],
    [{ title: 'A', detection: one }, '1: there is no `logsource`'],
    [
      { title: 'A', logsource: { product: 'test' } },
      '1: neither `detection`, `correlation` nor `filter`: this is no Sigma',
    ],
    [{ ...base, detection: { sel: { A: 'x' } } }, '5: detection has no `condition`'],
    [{ ...base, detection: { ...one, condition: 'sel and' } }, '7: condition: expected a detection, but it ends'],
    [{ ...base, detection: { ...one, condition: 'other' } }, '7: condition: there is no detection `other`'],
    [{ ...base, detection: { ...one, condition: '1 of x*' } }, '7: condition: no detection is named `x*`'],
    [{ ...base, detection: { ...one, condition: '(sel' } }, '7: condition: expected `)`, but it ends'],
    [
      { ...base, detection: { ...one, condition: 'sel | near x' } },
      '7: `near` is no longer part of Sigma: a temporal correlation says it',
    ],
    [{ ...base, detection: { sel: { 'A|nope': 'x' }, condition: 'sel' } }, '6: unknown modifier `nope` of `A`'],
    [{ ...base, detection: { sel: { 'A|gt': 'x' }, condition: 'sel' } }, '6: expected a number, not `x`'],
    [{ ...base, detection: { sel: { 'A|cidr': 'x' }, condition: 'sel' } }, '6: `x` is no range of addresses'],
    [
      { ...base, detection: { sel: { 'A|re': 'a(?=b)' }, condition: 'sel' } },
      '6: looks ahead or behind inside of a regular expression, which RE2 has not: a(?=b)',
    ],
    [
      { ...base, detection: { sel: { 'A|re': '(' }, condition: 'sel' } },
      '6: no regular expression of RE2 (missing closing )): (',
    ],
    [
      { ...base, detection: { sel: { 'A|expand': '%who%' }, condition: 'sel' } },
      '6: the placeholder `%who%` has no values: say them in placeholders.yml',
    ],
    [{ ...base, logsource: { product: 'nobody' }, detection: one }, '2: no log source of ours is product: nobody'],
    [
      { ...base, detection: one, level: 'huge' },
      '8: level: expected one of informational, low, medium, high, critical',
    ],
  ])('%j', (document, problem) => expect(faultsOf(document)).toEqual([problem]));

  it('YAML that is none has its line, and stops no other document', () => {
    const { rules, problems } = compiled(`${ruleOf(one)}---\ntitle: [\n`);
    expect(rules).toHaveLength(1);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^\d+: /);
  });
});

it('global documents lie under those after them', () => {
  const text = `action: global
title: Both
logsource: { product: test }
detection: { condition: sel }
---
detection: { sel: { A: x } }
---
logsource: { service: part }
detection: { sel: { A: y } }
`;
  expect(compiled(text).rules.map(({ head, condition }) => [head.title, condition])).toEqual([
    ['Both', "A =~ 'x'"],
    ['Both', "B == 'part' and A =~ 'y'"],
  ]);
});

describe('filters', () => {
  const filter = (rules: unknown) =>
    stringify({
      title: 'F',
      logsource: { product: 'test' },
      filter: { ...(rules === undefined ? {} : { rules }), f: { B: 'admin' }, condition: 'not f' },
    });
  it.each([[undefined], ['any'], [['A rule']], [['11111111-1111-4111-8111-111111111111']]])('for %j', (rules) =>
    expect(compiled(`${ruleOf(one)}---\n${filter(rules)}`)).toMatchObject({
      rules: [{ condition: "A =~ 'x' and not(B =~ 'admin')" }],
      problems: [],
    }),
  );
  it('tell of rules that are not here', () =>
    expect(compiled(`${ruleOf(one)}---\n${filter(['other'])}`)).toMatchObject({
      rules: [{ condition: "A =~ 'x'" }],
      problems: ['11: the filter is for a rule `other`, which is not here'],
    }));
});

it('tells Sigma from other YAML', () => {
  expect(looksLikeSigma(ruleOf(one))).toBe(true);
  expect(looksLikeSigma('id: x\nname: y\nquery: T\nkind: NRT\n')).toBe(false);
});

it('never throws, whatever stands there', () => {
  const text = ruleOf({
    sel: { 'A|contains|all': ['x', 'y*'], 'N|gt': 5 },
    f: ['a', 'b'],
    condition: 'sel and not 1 of f*',
  });
  const piece = fc.constantFrom(
    '|',
    ':',
    '- ',
    '\n',
    '  ',
    "'",
    '*',
    '%x%',
    '(',
    ')',
    ' of ',
    'not ',
    '|re',
    '|cidr',
    '|base64',
    '&a ',
    '*a',
    '---\n',
    '!!x ',
    '{',
    '[',
    '\\',
    '0x1',
    '\0',
    'action: global\n',
    'correlation:\n  type: event_count\n',
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(text.length), fc.nat(20), piece), { minLength: 1, maxLength: 6 }), (cuts) => {
      let mutated = text;
      for (const [at, length, put] of cuts) mutated = mutated.slice(0, at) + put + mutated.slice(at + length);
      const { rules, problems } = compiled(mutated);
      expect(rules.length + problems.length).toBeGreaterThanOrEqual(0);
      for (const problem of problems) expect(problem).toMatch(/^\d+: ./);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (any) => void compiled(any)),
    { numRuns: 300 },
  );
});
