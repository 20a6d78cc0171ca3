import { SallyportError } from '@sallyport/contracts';
import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  Skeleton,
  SkeletonItem,
  Text,
  tokens,
} from '@fluentui/react-components';
import type { ReactElement, ReactNode } from 'react';
import { CopyButton } from './Copyable.tsx';
import { visible } from './text.ts';

const useStyles = makeStyles({
  empty: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'center',
    textAlign: 'center',
    gap: tokens.spacingVerticalS,
    padding: tokens.spacingVerticalXXXL,
    color: tokens.colorNeutralForeground2,
  },
  emptyIcon: { fontSize: tokens.fontSizeHero800, color: tokens.colorNeutralForeground4, display: 'flex' },
  emptyText: { maxWidth: '56ch' },
  code: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
  rows: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, padding: tokens.spacingVerticalM },
});

/** Why there is nothing here, and what to do first. */
export function EmptyState(props: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.empty}>
      {props.icon && (
        <span className={styles.emptyIcon} aria-hidden>
          {props.icon}
        </span>
      )}
      <Text weight="semibold">{props.title}</Text>
      {props.children && (
        <Text size={200} className={styles.emptyText}>
          {props.children}
        </Text>
      )}
      {props.action}
    </div>
  );
}

/** What an error can be told by: its public message, its code, and the request to quote. */
export function describeError(error: unknown): { code: string; message: string; requestId?: string } {
  if (error instanceof SallyportError)
    return {
      code: error.code,
      message: error.message,
      ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
    };
  if (error instanceof TypeError) return { code: 'Unreachable', message: 'the server could not be reached' };
  return { code: 'Unexpected', message: error instanceof Error ? error.message : 'something unexpected happened' };
}

/** Messages of errors are lower case and without a stop; here they stand in a text. */
const sentence = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');

/** What happened, what to try, and a code to quote. `kept` says what was not lost. */
export function ErrorState(props: {
  error: unknown;
  title?: string;
  kept?: string;
  onRetry?: () => void;
}): ReactElement {
  const styles = useStyles();
  const { code, message, requestId } = describeError(props.error);
  const quote = requestId === undefined ? code : `${code} · ${requestId}`;
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>{props.title ?? 'This could not be loaded'}</MessageBarTitle>
        {sentence(visible(message))}
        {props.kept && ` ${props.kept}`} <span className={styles.code}>({quote})</span>
        <CopyButton text={`${quote} · ${message}`} label="error code" />
      </MessageBarBody>
      {props.onRetry && (
        <MessageBarActions>
          <Button size="small" onClick={props.onRetry}>
            Try again
          </Button>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}

/** Lines of the size of what is to come. */
export function Loading({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }): ReactElement {
  const styles = useStyles();
  return (
    <Skeleton aria-label={label} className={styles.rows}>
      {Array.from({ length: rows }, (_, index) => (
        <SkeletonItem key={index} size={16} />
      ))}
    </Skeleton>
  );
}
