import { Badge, makeStyles, Tab, TabList, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import { count as format } from './numbers.ts';

const useStyles = makeStyles({
  root: { flexShrink: 0, overflowX: 'auto', marginBottom: tokens.spacingVerticalS },
  count: { marginLeft: tokens.spacingHorizontalXS },
});

/** The parts of a page. Which one is shown stands in the address. */
export function Tabs<T extends string>(props: {
  tabs: readonly { readonly id: T; readonly label: string; readonly count?: number | undefined }[];
  value: T;
  onChange: (value: T) => void;
}): ReactElement {
  const styles = useStyles();
  return (
    <TabList
      className={styles.root}
      selectedValue={props.value}
      onTabSelect={(_, { value }) => {
        const tab = props.tabs.find(({ id }) => id === value);
        if (tab) props.onChange(tab.id);
      }}
    >
      {props.tabs.map(({ id, label, count }) => (
        <Tab key={id} value={id}>
          {label}
          {count !== undefined && count > 0 && (
            <Badge className={styles.count} size="small" appearance="tint" color="informative">
              {format(count)}
            </Badge>
          )}
        </Tab>
      ))}
    </TabList>
  );
}
