import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  Text,
  tokens,
} from '@fluentui/react-components';
import type { Problem } from '@sallyport/contracts';
import { queryOptions, useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client, isUnauthenticated } from '../shared/api.ts';
import { useRefusal } from '../shared/Refusable.tsx';
import { RelativeTime } from '../shared/RelativeTime.tsx';

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, maxWidth: '64ch' },
  one: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXXS },
});

const problemsQuery = queryOptions({
  queryKey: ['problems'],
  queryFn: ({ signal }) => client.listProblems({ signal }),
  refetchInterval: 10_000,
});

/** Above every page while something keeps Sallyport from its work: the worst of it, and the rest on demand. */
export function ProblemsBar(): ReactElement | null {
  const styles = useStyles();
  const refusal = useRefusal('listProblems');
  const { data, error } = useQuery({ ...problemsQuery, enabled: refusal === undefined });
  if (error && !isUnauthenticated(error))
    return (
      <MessageBar intent="error" layout="singleline">
        <MessageBarBody>
          <MessageBarTitle>Sallyport does not answer</MessageBarTitle>
          What you see may be old. It is asked again every ten seconds.
        </MessageBarBody>
      </MessageBar>
    );
  const [first, ...others] = data?.problems ?? [];
  if (!first) return null;
  return (
    <MessageBar intent={first.severity} layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{first.title}</MessageBarTitle>
        {first.detail} Since <RelativeTime at={first.since} />.
      </MessageBarBody>
      {others.length > 0 && (
        <MessageBarActions>
          <Popover withArrow trapFocus>
            <PopoverTrigger disableButtonEnhancement>
              <Button>{others.length} more</Button>
            </PopoverTrigger>
            <PopoverSurface aria-label="Other problems">
              <div className={styles.list}>
                {others.map((problem) => (
                  <ProblemText key={problem.id} problem={problem} />
                ))}
              </div>
            </PopoverSurface>
          </Popover>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}

function ProblemText({ problem }: { problem: Problem }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.one}>
      <Text weight="semibold">{problem.title}</Text>
      <Text size={200}>
        {problem.detail} Since <RelativeTime at={problem.since} />.
      </Text>
    </div>
  );
}
