import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

export const settingsTabs = [
  'settings',
  'sessions',
  'tokens',
  'workspaces',
  'groups',
  'identity-providers',
  'shared-signals',
  'work',
  'notifications',
  'audit',
] as const;
const Settings = z.object({ tab: oneOf(settingsTabs), search: textOf(200), selected: textOf(64) });
export type SettingsSearch = Partial<z.infer<typeof Settings>>;
export const settingsSearch = (raw: Record<string, unknown>): SettingsSearch => Settings.parse(raw);
