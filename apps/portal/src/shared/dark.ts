import { useMedia } from './hooks.ts';
import { usePreferences } from './preferences.ts';

/** Whether the portal is shown dark: a person's choice, else the system's. */
export function useDark(): boolean {
  const { theme } = usePreferences();
  const system = useMedia('(prefers-color-scheme: dark)');
  return theme === 'system' ? system : theme === 'dark';
}
