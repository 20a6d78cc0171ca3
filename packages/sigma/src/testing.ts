import { stringify } from 'yaml';
import { compileSigma, readSigma, type LogSource, type Placeholders } from './index.ts';

/** A log source of three texts, a number and a bag, for tests. */
export const testSource: LogSource = {
  description: 'events of tests',
  logsources: [{ product: 'test' }, { product: 'test', service: 'part', where: "B == 'part'" }],
  body: 'Events',
  view: '_Sigma_test',
  columns: { string: ['A', 'B', 'Ip', 'Message'], long: ['N'] },
  fields: { 'a-b': 'B', Joined: "strcat(A, '/', B)" },
  rest: 'Rest',
  keywords: { text: ['Message'], json: ['Rest'] },
  entityMappings: [],
  customDetails: ['A'],
};

/** A rule's text around a detection. */
export const ruleOf = (detection: unknown, more: Record<string, unknown> = {}): string =>
  stringify(
    {
      title: 'A rule',
      id: '11111111-1111-4111-8111-111111111111',
      logsource: { product: 'test' },
      detection,
      level: 'low',
      ...more,
    },
    // Its blocks lose blanks before a line break.
    { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' },
  );

/** What a text compiles to, and what was wrong. */
export function compiled(text: string, placeholders: Placeholders = new Map()) {
  const { documents, problems } = readSigma(text, 'rule.yml', placeholders);
  const result = compileSigma(documents, { logSources: [testSource] });
  return {
    rules: result.rules,
    problems: [...problems, ...result.problems].map(({ line, message }) => `${line}: ${message}`),
  };
}

/** KQL of the condition of a detection; of one that is wrong what was wrong. */
export function conditionOf(search: unknown, placeholders?: Placeholders): string {
  const { rules, problems } = compiled(ruleOf({ sel: search, condition: 'sel' }), placeholders);
  return rules[0]?.condition ?? problems.join('; ');
}
