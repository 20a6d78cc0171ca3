import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons';
import { useEffect, useState, type ReactElement } from 'react';
import { elide, visible } from './text.ts';

const useStyles = makeStyles({
  root: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXXS,
    minWidth: 0,
    maxWidth: '100%',
  },
  text: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
    minWidth: 0,
  },
  button: { flexShrink: 0, minWidth: 'auto', color: tokens.colorNeutralForeground3 },
});

const SHOWN_MS = 1_500;

/** Copies `text` as it is and says so for a moment. */
export function CopyButton({ text, label }: { text: string; label: string }): ReactElement {
  const styles = useStyles();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Button
      className={styles.button}
      appearance="transparent"
      size="small"
      icon={copied ? <CheckmarkRegular /> : <CopyRegular />}
      aria-label={copied ? 'Copied' : `Copy ${label}`}
      title={copied ? 'Copied' : `Copy ${label}`}
      onClick={(event) => {
        event.stopPropagation();
        void navigator.clipboard.writeText(text).then(() => setCopied(true));
      }}
    />
  );
}

/** Others' text in one line, monospaced, with hidden characters shown. */
export function Mono({ text, length }: { text: string; length?: number }): ReactElement {
  const styles = useStyles();
  const shown = visible(length === undefined ? text : elide(text, length));
  return (
    <bdi className={mergeClasses(styles.text)} {...(shown === text ? {} : { title: visible(text) })}>
      {shown}
    </bdi>
  );
}

/** An identifier: monospaced, elided in the middle past `length`, copied whole by one click. */
export function Copyable({ text, label, length }: { text: string; label: string; length?: number }): ReactElement {
  const styles = useStyles();
  return (
    <span className={styles.root}>
      <Mono text={text} {...(length === undefined ? {} : { length })} />
      <CopyButton text={text} label={label} />
    </span>
  );
}
