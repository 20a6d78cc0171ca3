import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { compiled } from './testing.ts';

const rule = (name: string, value: string) =>
  stringify({
    title: name.toUpperCase(),
    name,
    logsource: { product: 'test' },
    detection: { sel: { A: value }, condition: 'sel' },
  });
const correlated = (correlation: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  compiled(
    `${rule('one', '1')}---\n${rule('two', '2')}---\n${stringify({
      title: 'C',
      correlation: { rules: ['one', 'two'], 'group-by': ['B'], timespan: '10m', ...correlation },
      ...more,
    })}`,
  );

describe('correlations', () => {
  it('count events of a group', () => {
    const { rules, problems } = correlated({ type: 'event_count', condition: { gte: 10 } });
    expect(problems).toEqual([]);
    expect(rules.at(-1)?.query).toBe(`union (_Sigma_test
| where A =~ '1'
| project TimeGenerated, SigmaRule = 'ONE', SigmaStep = 'a', B = B), (_Sigma_test
| where A =~ '2'
| project TimeGenerated, SigmaRule = 'TWO', SigmaStep = 'b', B = B)
| where isnotempty(B)
| summarize Count = count(), Rules = make_set(SigmaRule), StartTime = min(TimeGenerated), TimeGenerated = max(TimeGenerated) by B
| where (Count >= 10) and TimeGenerated >= ago(60s)`);
    expect(rules.at(-1)?.schedule).toEqual({ period: 600, frequency: 60 });
    expect(rules.map(({ alerts }) => alerts)).toEqual([false, false, true]);
  });
  it('leave their rules to raise alerts with generate', () =>
    expect(correlated({ type: 'temporal', generate: true }).rules.map(({ alerts }) => alerts)).toEqual([
      true,
      true,
      true,
    ]));
  it.each([
    [{ type: 'value_count', condition: { field: 'Other', gt: 3, lt: 9 } }, 'Count > 3 and Count < 9'],
    [{ type: 'value_sum', condition: { field: 'N', gte: 3 } }, 'Value >= 3'],
    [{ type: 'value_percentile', condition: { field: 'N', percentile: 95, gte: 3 } }, 'Value >= 3'],
    [{ type: 'temporal' }, "Steps contains_cs 'a' and Steps contains_cs 'b'"],
    [{ type: 'temporal_ordered' }, "Steps matches regex 'a.*b'"],
    [{ type: 'temporal', condition: 'one and not two' }, "(Steps contains_cs 'a' and not(Steps contains_cs 'b'))"],
  ])('%j', (correlation, test) => {
    const { rules, problems } = correlated(correlation);
    expect(problems).toEqual([]);
    expect(rules.at(-1)?.query).toContain(`\n| where (${test}) and TimeGenerated >= ago(60s)`);
  });
  it('call a field of each rule by one name', () =>
    expect(
      correlated({
        type: 'event_count',
        condition: { gte: 1 },
        'group-by': ['who'],
        aliases: { who: { one: 'A', two: 'Other' } },
      }).rules.at(-1)?.query,
    ).toMatch(/who = A\), [^]*who = tostring\(Rest\.Other\)\)/));
  it.each([
    [{ type: 'nope', condition: { gte: 1 } }, /correlation\.type: expected one of/],
    [{ type: 'event_count' }, /needs a `condition`/],
    [{ type: 'value_count', condition: { gte: 1 } }, /needs `condition\.field`/],
    [{ type: 'event_count', condition: { gte: 1 }, timespan: 'soon' }, /expected a time/],
    [{ type: 'event_count', condition: { gte: 1 }, rules: ['nobody'] }, /there is no rule `nobody`/],
  ])('%j is wrong', (correlation, problem) => {
    const { problems } = correlated(correlation);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });
});
