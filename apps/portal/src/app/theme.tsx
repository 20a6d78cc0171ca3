import { FluentProvider, makeStyles, tokens, webDarkTheme, webLightTheme } from '@fluentui/react-components';
import { useEffect, type ReactElement, type ReactNode } from 'react';
import { useDark } from '../shared/dark.ts';

const useStyles = makeStyles({
  root: {
    minHeight: '100vh',
    backgroundColor: tokens.colorNeutralBackground3,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
  },
});

/** Fluent's tokens, light or dark, for everything below. */
export function Theme({ children }: { children: ReactNode }): ReactElement {
  const styles = useStyles();
  const dark = useDark();
  useEffect(() => {
    document.documentElement.style.colorScheme = dark ? 'dark' : 'light';
  }, [dark]);
  return (
    <FluentProvider theme={dark ? webDarkTheme : webLightTheme}>
      {/* Not the provider's own class: Fluent gives that to every portal, which would then cover the page. */}
      <div className={styles.root}>{children}</div>
    </FluentProvider>
  );
}
