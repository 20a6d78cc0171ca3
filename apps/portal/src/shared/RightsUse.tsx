import { makeStyles, tokens } from '@fluentui/react-components';
import { unusedAfterDays, type PermissionUse } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { useNow } from './hooks.ts';
import { RelativeTime } from './RelativeTime.tsx';
import { isUnused, permissionLabel } from './rights.ts';
import { Status } from './Status.tsx';

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyleType: 'none' },
  line: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalXS} 0`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
  },
  end: { marginLeft: 'auto', color: tokens.colorNeutralForeground2 },
});

/** What something holds, each with its last use; what was not used for 90 days is marked. `heldSince`: null where it is not known. */
export function RightsUse(props: {
  label: string;
  uses: readonly PermissionUse[];
  heldSince: string | null;
}): ReactElement {
  const styles = useStyles();
  const now = useNow();
  return (
    <ul className={styles.list} aria-label={props.label}>
      {props.uses.map((use) => (
        <li key={use.permission} className={styles.line}>
          {permissionLabel(use.permission)}
          {isUnused(use, props.heldSince, now) && (
            <Status tone="waiting">{`Not used for ${unusedAfterDays} days`}</Status>
          )}
          <span className={styles.end}>
            {use.lastUsedAt === null ? 'Never used' : <RelativeTime at={use.lastUsedAt} />}
          </span>
        </li>
      ))}
    </ul>
  );
}
