import { makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RefusableButton } from '../../shared/Refusable.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import type { TabProps } from './PoliciesTab.tsx';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    paddingBottom: tokens.spacingVerticalS,
  },
  note: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, flexGrow: 1, maxWidth: '90ch' },
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

/** A list of one kind of object that policies name, with a panel for each and a button that makes another. */
export function ObjectsTab<T extends { readonly id: string; readonly displayName: string }>(
  props: TabProps & {
    readonly query: UseQueryResult<readonly T[]>;
    readonly columns: readonly GridColumn<T>[];
    /** `Named locations`. */
    readonly label: string;
    /** `location`. */
    readonly one: string;
    /** Why they may not be changed by who is signed in. */
    readonly why: string | undefined;
    /** What such things are for. */
    readonly note: ReactNode;
    readonly empty: ReactNode;
    readonly onNew: () => void;
    readonly panel: (object: T) => ReactNode;
    readonly footer: (object: T, close: () => void) => ReactNode;
  },
): ReactElement {
  const styles = useStyles();
  const { query, search, set } = props;
  const { data, error, refetch } = query;
  const open = data?.find(({ id }) => id === search.selected);
  const close = (): void => set({ selected: undefined }, true);
  return (
    <>
      <div className={styles.bar}>
        <span className={styles.note}>{props.note}</span>
        <RefusableButton why={props.why} size="small" appearance="primary" icon={<AddRegular />} onClick={props.onNew}>
          New {props.one}
        </RefusableButton>
      </div>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label={`Loading ${props.label.toLowerCase()}`} />}
      {data && (
        <div className={styles.root}>
          <Grid
            label={props.label}
            rows={data}
            columns={props.columns}
            rowId={({ id }) => id}
            openId={open?.id}
            onOpen={({ id }) => set({ selected: id }, true)}
            onClose={close}
            empty={props.empty}
          />
          {open && (
            <SidePanel
              label={props.label}
              title={visible(open.displayName)}
              onClose={close}
              footer={props.footer(open, close)}
            >
              {props.panel(open)}
            </SidePanel>
          )}
        </div>
      )}
    </>
  );
}
