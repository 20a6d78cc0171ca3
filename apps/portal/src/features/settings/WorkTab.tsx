import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { ServiceLevels } from './ServiceLevels.tsx';
import { TaskTemplates } from './TaskTemplates.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL, overflowY: 'auto' },
});

/** How incidents are worked on: how soon, and with which tasks. */
export function WorkTab(): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <ServiceLevels />
      <TaskTemplates />
    </div>
  );
}
