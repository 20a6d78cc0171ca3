import {
  Field,
  makeStyles,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Text,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState, type ReactElement } from 'react';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { plural } from '../../shared/numbers.ts';
import { describeError } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { importedPolicies } from './draft.ts';
import { createPolicy } from './graph.ts';
import { accessKey } from './queries.ts';

const useStyles = makeStyles({
  text: { '& textarea': { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 } },
  list: { margin: 0 },
});
const FILE_BYTES_MAX = 4_000_000;
const nameOf = (policy: Record<string, unknown>): string =>
  typeof policy['displayName'] === 'string' ? policy['displayName'] : 'without a name';

interface Refused {
  readonly name: string;
  readonly why: string;
}

/** Policies of Microsoft Graph's form, as its API and exports give them. They come in as report-only, whatever they say. */
export function ImportDialog({ onClose }: { onClose: () => void }): ReactElement {
  const styles = useStyles();
  const id = useId();
  const notify = useNotify();
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const [refused, setRefused] = useState<readonly Refused[]>([]);
  const policies = importedPolicies(text);
  const save = useMutation({
    mutationFn: async () => {
      const failed: Refused[] = [];
      for (const policy of policies ?? []) {
        const state = policy['state'] === 'disabled' ? 'disabled' : 'enabledForReportingButNotEnforced';
        try {
          await createPolicy({ ...policy, state });
        } catch (error) {
          failed.push({ name: nameOf(policy), why: describeError(error).message });
        }
      }
      return failed;
    },
    onSuccess: (failed) => {
      void queries.invalidateQueries({ queryKey: accessKey });
      const made = (policies?.length ?? 0) - failed.length;
      if (made > 0) notify.done(`${plural(made, 'policy is', 'policies are')} imported; they only report`);
      setRefused(failed);
      if (failed.length === 0) onClose();
    },
  });
  return (
    <FormDialog
      title="Import policies"
      submit={policies ? `Import ${plural(policies.length, 'policy', 'policies')}` : 'Import'}
      ready={policies !== undefined}
      busy={save.isPending}
      error={save.error}
      failed="Nothing was imported"
      wide
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Text>
        JSON of Microsoft Graph’s <code>conditionalAccessPolicy</code>: one, a list, or an answer of its API. They come
        in as report-only. Ids of people, groups and locations must be those of here.
      </Text>
      <div>
        <label htmlFor={id}>File </label>
        <input
          id={id}
          type="file"
          accept=".json,application/json"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file && file.size <= FILE_BYTES_MAX) void file.text().then(setText);
          }}
        />
      </div>
      <Field
        label="JSON"
        {...(text.trim() !== '' && policies === undefined
          ? { validationState: 'error' as const, validationMessage: 'This is no JSON of policies' }
          : {})}
      >
        <Textarea
          className={styles.text}
          rows={12}
          value={text}
          spellCheck={false}
          onChange={(_, { value }) => setText(value)}
        />
      </Field>
      {refused.length > 0 && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{plural(refused.length, 'policy was', 'policies were')} refused</MessageBarTitle>
            <ul className={styles.list}>
              {refused.map(({ name, why }) => (
                <li key={`${name} ${why}`}>
                  {visible(name)}: {visible(why)}
                </li>
              ))}
            </ul>
          </MessageBarBody>
        </MessageBar>
      )}
    </FormDialog>
  );
}
