import { Button, makeStyles, MessageBar, MessageBarBody, Text, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { Section } from '../../shared/Section.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { Picker } from './Picker.tsx';
import { useNames } from './names.ts';
import { emergencyQuery } from './queries.ts';
import { useChange } from './useChange.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, maxWidth: '760px' },
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
});
const MOST = 4;

/** Whom no policy can lock out. */
export function EmergencyTab(): ReactElement {
  const { data, error, refetch } = useQuery(emergencyQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} label="Loading emergency accounts" />;
  return <Accounts key={data.people.join(' ')} people={data.people} byDefault={data.byDefault} />;
}

function Accounts({ people, byDefault }: { people: readonly string[]; byDefault: boolean }): ReactElement {
  const styles = useStyles();
  const why = useRefusal('setEmergencyAccounts');
  const names = useNames();
  const [chosen, setChosen] = useState<readonly string[]>(byDefault ? [] : people);
  const save = useChange(
    () => client.setEmergencyAccounts({ body: { people: [...chosen] } }),
    'Emergency accounts are saved',
  );
  return (
    <div className={styles.root}>
      <Text>
        No policy can lock these people out: not a wrong one, not all of them together. In place of all policies one
        demand stands that nobody can change: a passkey, shown within the hour. Each use is told. Choose two, keep their
        passkeys in a safe, and use them for nothing else.
      </Text>
      {byDefault && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            Nobody is named, so the first administrator is one:{' '}
            {people.map((name) => visible(name)).join(', ') || 'nobody'}.
          </MessageBarBody>
        </MessageBar>
      )}
      <Section title="Emergency accounts" card>
        {why === undefined ? (
          <>
            <Picker
              label="People"
              kind="user"
              userNames
              names={names}
              most={MOST}
              hint="Four at most. Nobody: the first administrator"
              values={chosen}
              onChange={setChosen}
            />
            {save.error && <ErrorState error={save.error} title="Nothing was saved" kept="What you chose is kept." />}
            <div>
              <Button appearance="primary" disabled={save.isPending} onClick={() => save.mutate(undefined)}>
                Save
              </Button>
            </div>
          </>
        ) : (
          <>
            <ul className={styles.list}>
              {people.map((name) => (
                <li key={name}>{visible(name)}</li>
              ))}
            </ul>
            <div>
              <RefusableButton why={why}>Change</RefusableButton>
            </div>
          </>
        )}
      </Section>
    </div>
  );
}
