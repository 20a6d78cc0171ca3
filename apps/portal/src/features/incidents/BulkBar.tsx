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
import { Severity as SeverityEnum, type IncidentSummary } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { useMe } from '../../shared/api.ts';
import { plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { Severity } from '../../shared/Severity.tsx';
import type { BulkActions } from './useBulk.tsx';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    paddingBottom: tokens.spacingVerticalS,
  },
});

/** What may be done to all selected incidents at once. */
export function BulkBar(props: {
  incidents: readonly IncidentSummary[];
  actions: BulkActions;
  onClear: () => void;
}): ReactElement {
  const why = useRefusal('updateIncidents', 'createCase');
  const styles = useStyles();
  const me = useMe();
  const { incidents, actions } = props;
  const { busy, change, ask } = actions;
  return (
    <div className={styles.bar} role="toolbar" aria-label="Selected incidents">
      <Button
        size="small"
        appearance="subtle"
        icon={<DismissRegular />}
        aria-label="Clear the selection"
        onClick={props.onClear}
      />
      <Text weight="semibold">{plural(incidents.length, 'incident')} selected</Text>
      <RefusableButton
        why={why}
        size="small"
        disabled={busy}
        onClick={() => change(incidents, { owner: me.userPrincipalName })}
      >
        Assign to me
      </RefusableButton>
      <RefusableButton why={why} size="small" disabled={busy} title="a" onClick={() => ask('assign', incidents)}>
        Assign…
      </RefusableButton>
      <RefusableButton why={why} size="small" disabled={busy} onClick={() => change(incidents, { status: 'Active' })}>
        Set active
      </RefusableButton>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <RefusableButton why={why} size="small" disabled={busy}>
            Severity
          </RefusableButton>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {SeverityEnum.options.map((severity) => (
              <MenuItem key={severity} onClick={() => change(incidents, { severity })}>
                <Severity severity={severity} />
              </MenuItem>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      <RefusableButton why={why} size="small" disabled={busy} onClick={() => ask('labels', incidents)}>
        Labels…
      </RefusableButton>
      <RefusableButton why={why} size="small" disabled={busy} onClick={() => ask('case', incidents)}>
        New case…
      </RefusableButton>
      <RefusableButton why={why} size="small" disabled={busy} onClick={() => ask('close', incidents)}>
        Close…
      </RefusableButton>
    </div>
  );
}
