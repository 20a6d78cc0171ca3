import { expect, test } from 'vitest';
import { engineSettings } from '@sallyport/kql';
import { compiledSqlSettings } from './lake.ts';

test('statements run with the settings that compiled KQL takes for granted', () => {
  expect(compiledSqlSettings).toEqual(engineSettings);
});
