import { FluentProvider, makeStyles, tokens, webDarkTheme, webLightTheme } from '@fluentui/react-components';
import { useEffect, type ReactElement, type ReactNode } from 'react';
import { useMedia } from '../shared/hooks.ts';
import { usePreferences } from '../shared/preferences.ts';

const useStyles = makeStyles({
  root: {
    minHeight: '100vh',
    backgroundColor: tokens.colorNeutralBackground3,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
  },
});

/** Whether the portal is shown dark: a person's choice, else the system's. */
export function useDark(): boolean {
  const { theme } = usePreferences();
  const system = useMedia('(prefers-color-scheme: dark)');
  return theme === 'system' ? system : theme === 'dark';
}

/** Fluent's tokens, light or dark, for everything below. */
export function Theme({ children }: { children: ReactNode }): ReactElement {
  const styles = useStyles();
  const dark = useDark();
  useEffect(() => {
    document.documentElement.style.colorScheme = dark ? 'dark' : 'light';
  }, [dark]);
  return (
    <FluentProvider theme={dark ? webDarkTheme : webLightTheme} className={styles.root}>
      {children}
    </FluentProvider>
  );
}
