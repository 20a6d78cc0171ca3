import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  isGrantedPermission,
  permissions,
  permissionsOfEverybody,
  routes,
  type RouteDefinition,
} from '@sallyport/contracts';
import { expect, it } from 'vitest';
import { refusalOf } from '../shared/rights.ts';

const table: Readonly<Record<string, RouteDefinition>> = routes;
const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts'))
  .map((name) => ({
    feature: name.split('/')[0] ?? '',
    name,
    text: readFileSync(join(import.meta.dirname, name), 'utf8'),
  }));

/** What is not for whoever sees the page: reading is asked for by the page itself, and what everybody may is refused to nobody. */
const needsRefusal = ({ permission, method }: RouteDefinition): boolean =>
  method !== 'GET' &&
  isGrantedPermission(permission) &&
  permissions[permission].level === 'Manage' &&
  !permissionsOfEverybody.includes(permission);

it('every call that may be refused has its refusal named in its feature, by `useRefusal`', () => {
  const named = new Set(
    sources.flatMap(({ feature, text }) =>
      [...text.matchAll(/useRefusal\(([^)]*)\)/g)].flatMap(([, names = '']) =>
        [...names.matchAll(/'([\w.]+)'/g)].map(([, name]) => `${feature}: ${name}`),
      ),
    ),
  );
  const missing = sources.flatMap(({ feature, name, text }) =>
    [...text.matchAll(/\bclient\s*\.\s*(\w+)/g)].flatMap(([, call = '']) => {
      const route = table[call];
      return route && needsRefusal(route) && !named.has(`${feature}: ${call}`) ? `${name} calls ${call}` : [];
    }),
  );
  expect(missing, 'grey the control that calls it: `const why = useRefusal(…)`, <RefusableButton why={why}>').toEqual(
    [],
  );
  expect(named.size).toBeGreaterThan(100);
  expect(sources.filter(({ text }) => /\bclient\s*\[/.test(text)).map(({ name }) => name)).toEqual([]);
});

it('a refusal says which right is missing, and when it is held over a part only', () => {
  expect(refusalOf({ permissions: ['securityData.read'], overPart: [] }, 'changeRules')).toBe(
    'This takes the right “Detection tuning (manage)”, which your roles do not have. My access shows what you can ask for.',
  );
  const part = { permissions: ['alerts.manage' as const], overPart: ['alerts.manage' as const] };
  expect(refusalOf(part, 'mergeIncidents')).toContain('is over a part of it');
  expect(refusalOf(part, 'updateIncident')).toBeUndefined();
  expect(refusalOf({ ...part, overPart: [] }, 'mergeIncidents')).toBeUndefined();
});
