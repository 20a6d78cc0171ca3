import { Button, Link, makeStyles, tokens } from '@fluentui/react-components';
import { ArrowDownloadRegular, DocumentRegular } from '@fluentui/react-icons';
import type { Attachment, WorkParent } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client, useMe } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Copyable } from '../../shared/Copyable.tsx';
import { bytes } from '../../shared/numbers.ts';
import { useRefusal } from '../../shared/Refusable.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { attachmentsQuery } from './queries.ts';

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyleType: 'none' },
  item: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    paddingTop: tokens.spacingVerticalXXS,
  },
  muted: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

/** Attached files: downloaded, never opened here, since they may be malware. */
export function Attachments(props: { parent: WorkParent; attachments: readonly Attachment[] }): ReactElement {
  const styles = useStyles();
  const me = useMe();
  const why = useRefusal('deleteAttachment');
  const queries = useQueryClient();
  const notify = useNotify();
  const remove = useMutation({
    mutationFn: (one: Attachment) => client.deleteAttachment({ params: { id: one.id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: attachmentsQuery(props.parent).queryKey }),
    onError: (error, one) => notify.failed(`${visible(one.name)} was not deleted`, error),
  });
  return (
    <ul className={styles.list} aria-label="Attached files">
      {props.attachments.map((one) => (
        <li key={one.id} className={styles.item}>
          <DocumentRegular aria-hidden />
          <Link href={`/api/attachments/${one.id}`} download={one.name}>
            <bdi>{visible(one.name)}</bdi> <ArrowDownloadRegular aria-hidden />
          </Link>
          <span className={styles.muted}>
            {bytes(one.bytes)} · {visible(one.mediaType)}
          </span>
          <Copyable text={one.sha256} label="SHA-256" length={16} />
          {one.by === me.userPrincipalName && (
            <ConfirmAction
              why={why}
              label="Delete"
              title={`Delete ${visible(one.name)}?`}
              disabled={remove.isPending}
              onConfirm={() => remove.mutate(one)}
            >
              The file is gone for good; the activity log keeps its name and hash.
            </ConfirmAction>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The files that will go with a comment. */
export function ChosenFiles(props: { files: readonly File[]; onRemove: (file: File) => void }): ReactElement {
  const styles = useStyles();
  return (
    <ul className={styles.list} aria-label="Files to attach">
      {props.files.map((file) => (
        <li key={`${file.name}-${file.size}-${file.lastModified}`} className={styles.item}>
          <DocumentRegular aria-hidden />
          <bdi>{visible(file.name)}</bdi>
          <span className={styles.muted}>{bytes(file.size)}</span>
          <Button size="small" appearance="subtle" onClick={() => props.onRemove(file)}>
            Remove
          </Button>
        </li>
      ))}
    </ul>
  );
}
