import {
  Button,
  makeStyles,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Text,
  tokens,
} from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { Severity as SeverityEnum, type IncidentChange, type IncidentSummary } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMe } from '../../shared/api.ts';
import { plural } from '../../shared/numbers.ts';
import { Severity } from '../../shared/Severity.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { CloseDialog } from './ChangeControls.tsx';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    paddingBottom: tokens.spacingVerticalS,
  },
});

/** What may be done to all selected incidents at once; the server is asked for each, and what failed is told. */
export function BulkBar(props: { incidents: readonly IncidentSummary[]; onClear: () => void }): ReactElement {
  const styles = useStyles();
  const me = useMe();
  const notify = useNotify();
  const queries = useQueryClient();
  const [closing, setClosing] = useState(false);
  const what = plural(props.incidents.length, 'incident');
  const change = useMutation({
    mutationFn: async (body: IncidentChange) => {
      const failures: unknown[] = [];
      for (const { number } of props.incidents)
        await client.updateIncident({ params: { number }, body }).catch((error: unknown) => failures.push(error));
      return failures;
    },
    onSuccess: (failures) => {
      void queries.invalidateQueries({ queryKey: ['incidents'] });
      void queries.invalidateQueries({ queryKey: ['incident'] });
      if (failures.length === 0) notify.done(`${what} changed`);
      else notify.failed(`${failures.length} of ${what} not changed`, failures[0]);
      props.onClear();
    },
  });
  const busy = change.isPending;
  return (
    <div className={styles.bar} role="toolbar" aria-label="Selected incidents">
      <Button
        size="small"
        appearance="subtle"
        icon={<DismissRegular />}
        aria-label="Clear the selection"
        onClick={props.onClear}
      />
      <Text weight="semibold">{what} selected</Text>
      <Button size="small" disabled={busy} onClick={() => change.mutate({ owner: me.userPrincipalName })}>
        Assign to me
      </Button>
      <Button size="small" disabled={busy} onClick={() => change.mutate({ status: 'Active' })}>
        Set active
      </Button>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button size="small" disabled={busy}>
            Severity
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {SeverityEnum.options.map((severity) => (
              <MenuItem key={severity} onClick={() => change.mutate({ severity })}>
                <Severity severity={severity} />
              </MenuItem>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      <Button size="small" disabled={busy} onClick={() => setClosing(true)}>
        Close…
      </Button>
      <CloseDialog
        open={closing}
        what={what}
        onCancel={() => setClosing(false)}
        onClose={(body) => {
          setClosing(false);
          change.mutate(body);
        }}
      />
    </div>
  );
}
