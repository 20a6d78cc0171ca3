import { Button, Field, makeStyles, Text, Textarea, tokens } from '@fluentui/react-components';
import { CommentRegular } from '@fluentui/react-icons';
import type { Incident } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMay } from '../../shared/api.ts';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { Timeline } from '../../shared/Timeline.tsx';
import { incidentQuery } from './queries.ts';

const COMMENT_MAX = 30_000;

const useStyles = makeStyles({
  form: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'flex-end',
    gap: tokens.spacingVerticalS,
    maxWidth: '720px',
  },
  field: { width: '100%' },
  text: { whiteSpace: 'pre-wrap' },
});

export function CommentsTab({ incident }: { incident: Incident }): ReactElement {
  const styles = useStyles();
  const may = useMay('alerts.manage');
  const queries = useQueryClient();
  const [message, setMessage] = useState('');
  const add = useMutation({
    mutationFn: () => client.addComment({ params: { number: incident.number }, body: { message: message.trim() } }),
    onSuccess: (changed) => {
      queries.setQueryData(incidentQuery(incident.number).queryKey, changed);
      setMessage('');
    },
  });
  const comments = incident.activities.filter((activity) => activity.kind === 'comment');
  const ready = message.trim() !== '' && !add.isPending;
  return (
    <Section title="Comments" card>
      {comments.length === 0 ? (
        <EmptyState icon={<CommentRegular />} title="No comments yet">
          Write what you found and what you ruled out; whoever comes next starts from there.
        </EmptyState>
      ) : (
        <Timeline
          label="Comments"
          items={comments.map((comment, index) => ({
            id: String(index),
            at: comment.at,
            icon: <CommentRegular />,
            title: <Text weight="semibold">{visible(comment.by)}</Text>,
            body: <span className={styles.text}>{visible(comment.text, { lines: true })}</span>,
          }))}
        />
      )}
      {may && (
        <div className={styles.form}>
          <Field className={styles.field} label="Add a comment">
            <Textarea
              value={message}
              maxLength={COMMENT_MAX}
              resize="vertical"
              onChange={(_, data) => setMessage(data.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && ready) add.mutate();
              }}
            />
          </Field>
          {add.error && (
            <ErrorState error={add.error} title="The comment was not added" kept="What you wrote is kept." />
          )}
          <Button appearance="primary" disabled={!ready} onClick={() => add.mutate()} title="Ctrl-Enter">
            Comment
          </Button>
        </div>
      )}
    </Section>
  );
}
