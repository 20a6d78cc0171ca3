import { expect, it } from 'vitest';
import { differenceOf } from './difference.ts';
import { fieldsOf, newRule, withField } from './draft.ts';

it('changes one field, and leaves the rest as it was written', () => {
  const yaml = `# why\nid: a\nname: Old # here\nquery: |\n  T\n  | take 1\ncustom: [1, 2]\n`;
  const renamed = withField(yaml, ['name'], 'New: name');
  expect(renamed).toContain('# why\nid: a\n');
  expect(fieldsOf(renamed)?.name).toBe('New: name');
  for (const query of ['T\n| where A == "b: c"', '  T\n\n| take 1  ', 'one line', "'quoted'", '- x\n#y'])
    expect(fieldsOf(withField(yaml, ['query'], query))?.query).toBe(query);
  expect(withField(yaml, ['custom'], undefined)).not.toContain('custom');
  const nested = withField(yaml, ['incidentConfiguration', 'groupingConfiguration', 'enabled'], true);
  expect(fieldsOf(nested)?.incidentConfiguration.groupingConfiguration.enabled).toBe(true);
});

it('is a rule to begin with, and says when it can not be read', () => {
  expect(fieldsOf(newRule('x'))).toMatchObject({ id: 'x', severity: 'Medium', entityMappings: [] });
  expect(fieldsOf('a: [')).toBeUndefined();
  expect(withField('a: [', ['name'], 'x')).toBe('a: [');
});

it('shows what the kinds and the fields of a rule have', () => {
  const fields = fieldsOf(
    'kind: MicrosoftSecurityIncidentCreation\nproductFilter: P\nseveritiesFilter: [High]\nsuppressionFields: [A, B]\n' +
      'incidentConfiguration: { groupingConfiguration: { enabled: true, matchingMethod: Selected, groupByEntities: [Host] } }\n',
  );
  expect(fields).toMatchObject({
    query: '',
    productFilter: 'P',
    severitiesFilter: ['High'],
    suppressionFields: ['A', 'B'],
    incidentConfiguration: { groupingConfiguration: { enabled: true, groupByEntities: ['Host'] } },
  });
  // What a text does not say is up to its kind.
  expect(fields?.suppressionEnabled).toBeUndefined();
  expect(fieldsOf('id: a')?.incidentConfiguration).toMatchObject({
    groupingConfiguration: { enabled: false, groupByCustomDetails: [] },
  });
});

it('tells what changed between two texts', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\nh\ni';
  expect(differenceOf(before, before)).toBe('Nothing changed');
  expect(differenceOf(before, before.replace('b', 'B'))).toBe('  a\n- b\n+ B\n  c\n  d\n  e\n  …');
  expect(differenceOf('', 'x\ny')).toBe('+ x\n+ y');
  expect(differenceOf('x\ny', 'y')).toBe('- x\n  y');
});
