import { connectorKindNames, connectorKinds } from '@sallyport/contracts';
import { describe, expect, it } from 'vitest';
import { faultsOf, initialValues, isShown, secretFields, settingFields, settingsOf, valuesOf } from './fields.ts';

describe('a connector’s form', () => {
  it.each(connectorKindNames)('has a field with a label for each setting of %s', (kind) => {
    const fields = settingFields(kind);
    expect(fields.map(({ name }) => name)).toEqual(Object.keys(connectorKinds[kind].settings.shape));
    expect(fields.every(({ label }) => label !== '')).toBe(true);
    expect(secretFields(kind).every(({ type }) => type === 'secret')).toBe(true);
  });

  it('gives back the settings that it was filled with', () => {
    const fields = settingFields('s3');
    const settings = connectorKinds.s3.settings.parse({
      bucket: 'logs',
      accessKeyId: 'A',
      exclude: ['/a/', '/b/'],
      lookBackDays: 3,
    });
    const values = valuesOf(fields, settings);
    expect(values['exclude']).toBe('/a/\n/b/');
    expect(settingsOf(fields, values)).toEqual(settings);
  });

  it('says what is wrong beside the field, and of empty ones only when asked', () => {
    const fields = settingFields('s3');
    const values = { ...initialValues(fields), bucket: 'No', lookBackDays: '-1' };
    expect(Object.keys(faultsOf('s3', fields, values, false))).toEqual(['bucket', 'lookBackDays']);
    expect(faultsOf('s3', fields, values, true)).toMatchObject({ accessKeyId: 'This is needed' });
  });

  it('shows what another field makes meaningful', () => {
    const fields = settingFields('http');
    const tokenUrl = fields.find(({ name }) => name === 'tokenUrl')!;
    const values = initialValues(fields);
    expect(isShown(tokenUrl, values)).toBe(false);
    expect(isShown(tokenUrl, { ...values, auth: 'oauth2' })).toBe(true);
  });
});
