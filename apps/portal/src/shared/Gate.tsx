import { makeStyles, Text, tokens } from '@fluentui/react-components';
import type { ReactElement, ReactNode } from 'react';
import { useTitle } from './hooks.ts';
import { Logo } from './Logo.tsx';

const useStyles = makeStyles({
  root: {
    minHeight: '100dvh',
    boxSizing: 'border-box',
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    padding: `12vh ${tokens.spacingHorizontalL} ${tokens.spacingVerticalXXXL}`,
  },
  card: {
    width: '100%',
    maxWidth: '440px',
    boxSizing: 'border-box',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    padding: tokens.spacingVerticalXXXL,
    backgroundColor: tokens.colorNeutralBackground1,
    borderRadius: tokens.borderRadiusXLarge,
    boxShadow: tokens.shadow16,
  },
  title: { margin: 0, fontSize: tokens.fontSizeBase600, lineHeight: tokens.lineHeightBase600 },
  intro: { color: tokens.colorNeutralForeground2 },
});

/** The page before the frame: first start and sign-in. */
export function Gate(props: { title: string; intro?: ReactNode; children: ReactNode }): ReactElement {
  const styles = useStyles();
  useTitle(props.title);
  return (
    <main className={styles.root}>
      <div className={styles.card}>
        <Logo />
        <div>
          <h1 className={styles.title}>{props.title}</h1>
          {props.intro && <Text className={styles.intro}>{props.intro}</Text>}
        </div>
        {props.children}
      </div>
    </main>
  );
}

/** Why a passkey cannot be used here, or undefined. WebAuthn wants a secure context and a name, not an address. */
export function passkeyObstacle(): string | undefined {
  if (!window.isSecureContext || !('PublicKeyCredential' in window))
    return 'This browser offers no passkeys on this page.';
  if (/^[\d.]+$|^\[/.test(window.location.hostname))
    return 'Passkeys need a host name; this page was opened by its IP address. Use localhost or a name instead.';
  return undefined;
}
