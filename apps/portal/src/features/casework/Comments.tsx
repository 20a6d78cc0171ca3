import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { AttachRegular, CommentRegular, DocumentRegular } from '@fluentui/react-icons';
import { attachmentBytesMax, type WorkParent } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type ReactElement } from 'react';
import { client, useMe } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { bytes } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { Timeline } from '../../shared/Timeline.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { Attachments, ChosenFiles } from './Attachments.tsx';
import { CommentText } from './CommentText.tsx';
import { MentionField } from './MentionField.tsx';
import { attachmentsQuery } from './queries.ts';

const COMMENT_MAX = 30_000;

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, maxWidth: '720px' },
  actions: { display: 'flex', gap: tokens.spacingHorizontalS, justifyContent: 'flex-end' },
  line: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
});

export interface ShownComment {
  readonly id: string;
  readonly at: string;
  readonly by: string;
  readonly text: string;
  readonly modified: boolean;
}

/** Comments of an incident or case with their files, and the field for the next one. `c` goes to it. */
export function Comments(props: {
  parent: WorkParent;
  comments: readonly ShownComment[];
  /** Why a comment would be refused; undefined: it would not. */
  why: string | undefined;
  /** Answers the comment's id. */
  onAdd: (message: string) => Promise<string>;
  /** Of one's own; where they can be changed. */
  onEdit?: (id: string, message: string) => Promise<unknown>;
  onDelete?: (id: string) => Promise<unknown>;
}): ReactElement {
  const styles = useStyles();
  const me = useMe();
  const { why } = props;
  const attachRefused = useRefusal('addAttachment');
  const queries = useQueryClient();
  const notify = useNotify();
  const { parent, comments } = props;
  const [message, setMessage] = useState('');
  const [files, setFiles] = useState<readonly File[]>([]);
  const [editing, setEditing] = useState<string>();
  const chooser = useRef<HTMLInputElement>(null);
  const attached = useQuery(attachmentsQuery(parent)).data ?? [];
  const send = useMutation({
    mutationFn: async () => {
      if (editing !== undefined && props.onEdit) return void (await props.onEdit(editing, message.trim()));
      const comment = await props.onAdd(message.trim());
      setMessage('');
      for (const file of files) {
        await client.addAttachment({ query: { ...parent, name: file.name, comment }, body: file });
        setFiles((rest) => rest.filter((one) => one !== file));
      }
    },
    onSuccess: () => {
      setMessage('');
      setEditing(undefined);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: attachmentsQuery(parent).queryKey }),
  });
  const remove = useMutation({
    mutationFn: async (id: string) => props.onDelete?.(id),
    onError: (error) => notify.failed('The comment was not deleted', error),
  });
  const tooLarge = files.find((file) => file.size > attachmentBytesMax);
  const ready = message.trim() !== '' && !send.isPending && tooLarge === undefined;
  const loose = attached.filter(({ comment }) => !comments.some(({ id }) => id === comment));
  return (
    <Section title="Comments" card>
      {comments.length === 0 ? (
        <EmptyState icon={<CommentRegular />} title="No comments yet">
          Write what you found and what you ruled out; whoever comes next starts from there.
        </EmptyState>
      ) : (
        <Timeline
          label="Comments"
          items={comments.map((comment) => ({
            id: comment.id,
            at: comment.at,
            icon: <CommentRegular />,
            title: (
              <span className={styles.line}>
                <Text weight="semibold">{visible(comment.by)}</Text>
                {comment.modified && <Text size={200}>changed</Text>}
                {comment.by === me.userPrincipalName && props.onEdit && (
                  <RefusableButton
                    why={why}
                    size="small"
                    appearance="subtle"
                    onClick={() => {
                      setEditing(comment.id);
                      setMessage(comment.text);
                    }}
                  >
                    Edit
                  </RefusableButton>
                )}
                {comment.by === me.userPrincipalName && props.onDelete && (
                  <ConfirmAction
                    why={why}
                    label="Delete"
                    title="Delete the comment?"
                    disabled={remove.isPending}
                    onConfirm={() => remove.mutate(comment.id)}
                  >
                    Its text is gone for good; the activity log tells that there was one.
                  </ConfirmAction>
                )}
              </span>
            ),
            body: (
              <>
                <CommentText text={comment.text} />
                <Attachments parent={parent} attachments={attached.filter((one) => one.comment === comment.id)} />
              </>
            ),
          }))}
        />
      )}
      {loose.length > 0 && (
        <Section title="Files">
          <Attachments parent={parent} attachments={loose} />
        </Section>
      )}
      <div className={styles.form}>
        <MentionField
          disabled={why !== undefined}
          label={editing === undefined ? 'Add a comment' : 'Change the comment'}
          value={message}
          maxLength={COMMENT_MAX}
          onChange={setMessage}
          onSend={() => ready && send.mutate()}
        />
        {files.length > 0 && (
          <ChosenFiles files={files} onRemove={(file) => setFiles(files.filter((one) => one !== file))} />
        )}
        {tooLarge && (
          <Text>
            <DocumentRegular aria-hidden /> {visible(tooLarge.name)} is larger than {bytes(attachmentBytesMax)}.
          </Text>
        )}
        {send.error && (
          <ErrorState error={send.error} title="Not everything was sent" kept="What is still here was not sent." />
        )}
        <div className={styles.actions}>
          <input
            ref={chooser}
            type="file"
            multiple
            hidden
            aria-label="Files to attach"
            onChange={(event) => {
              setFiles([...files, ...(event.target.files ?? [])]);
              event.target.value = '';
            }}
          />
          {editing === undefined ? (
            <RefusableButton
              why={why ?? attachRefused}
              icon={<AttachRegular />}
              onClick={() => chooser.current?.click()}
            >
              Attach files
            </RefusableButton>
          ) : (
            <Button
              onClick={() => {
                setEditing(undefined);
                setMessage('');
              }}
            >
              Cancel
            </Button>
          )}
          <RefusableButton
            why={why}
            appearance="primary"
            disabled={!ready}
            onClick={() => send.mutate()}
            title="Ctrl-Enter"
          >
            {editing === undefined ? 'Comment' : 'Save'}
          </RefusableButton>
        </div>
      </div>
    </Section>
  );
}
