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
import {
  ArrowClockwiseRegular,
  ArrowDownloadRegular,
  CopyRegular,
  EditRegular,
  MoreHorizontalRegular,
} from '@fluentui/react-icons';
import { parseWorkbook, type Workbook } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { download } from '../../shared/download.ts';
import { Page } from '../../shared/Page.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { ShownWorkspace } from '../../shared/workspaces.ts';
import { WorkspaceSwitch } from '../../shared/WorkspaceSwitch.tsx';
import { Parts } from './items/Parts.tsx';
import { choicesOf, type Choices } from './parameters.ts';
import { workbookQuery, workbooksQuery } from './queries.ts';
import { useWorkbook, WorkbookProvider } from './useWorkbook.ts';
import { WorkbookDialog } from './WorkbookDialog.tsx';

const route = getRouteApi('/frame/workbooks/$id');

const useStyles = makeStyles({ asked: { color: tokens.colorNeutralForeground3 } });

const above = <TextLink to="/workbooks">Workbooks</TextLink>;

export function WorkbookPage(): ReactElement {
  const { id } = route.useParams();
  const { workspace } = route.useSearch();
  const { data, error, refetch } = useQuery(workbookQuery(id, workspace));
  if (data)
    return (
      <ShownWorkspace value={workspace}>
        <Shown key={`${data.id} ${data.version} ${data.workspace}`} workbook={data} />
      </ShownWorkspace>
    );
  return (
    <Page title="Workbook" above={above} actions={<Switch />} scroll>
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading rows={12} label="Loading the workbook" />
      )}
    </Page>
  );
}

function Switch(): ReactElement {
  const { workspace } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <WorkspaceSwitch
      size="medium"
      value={workspace}
      onChange={(next) => void navigate({ search: (before) => ({ ...before, workspace: next }) })}
    />
  );
}

function Shown({ workbook }: { workbook: Workbook }): ReactElement {
  const styles = useStyles();
  const { p, workspace } = route.useSearch();
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const [dialog, setDialog] = useState(false);
  const document = useMemo(() => parseWorkbook(workbook.document).document, [workbook.document]);
  const choose = (choices: Choices): void =>
    void navigate({
      search: (before) => ({ ...before, p: Object.keys(choices).length > 0 ? JSON.stringify(choices) : undefined }),
      replace: true,
    });
  const choices = useMemo(() => choicesOf(p), [p]);
  const { state, refresh } = useWorkbook({ document, workspaceName: workbook.workspace, workspace }, choices, choose);
  const remove = useMutation({
    mutationFn: () => client.deleteWorkbook({ params: { id: workbook.id } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: workbooksQuery.queryKey });
      await navigate({ to: '/workbooks' });
    },
  });
  return (
    <Page
      title={visible(workbook.name)}
      above={above}
      beside={
        <Text size={200} className={styles.asked}>
          Asked <RelativeTime at={state.now.toISOString()} />
        </Text>
      }
      actions={
        <>
          <Switch />
          <Button icon={<ArrowClockwiseRegular />} onClick={refresh}>
            Ask again
          </Button>
          {workbook.canChange && (
            <ConfirmAction label="Remove" title={`Remove ${visible(workbook.name)}?`} onConfirm={() => remove.mutate()}>
              Nobody finds it any more. Export it first to have it back.
            </ConfirmAction>
          )}
          <Menu positioning="below-end">
            <MenuTrigger disableButtonEnhancement>
              <Button icon={<MoreHorizontalRegular />} aria-label="More" />
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                <MenuItem icon={workbook.canChange ? <EditRegular /> : <CopyRegular />} onClick={() => setDialog(true)}>
                  {workbook.canChange ? 'Change' : 'Keep a copy'}
                </MenuItem>
                <MenuItem
                  icon={<ArrowDownloadRegular />}
                  onClick={() => download(`${workbook.name}.workbook`, 'application/json', workbook.document)}
                >
                  Export JSON
                </MenuItem>
              </MenuList>
            </MenuPopover>
          </Menu>
        </>
      }
      scroll
    >
      {dialog && (
        <WorkbookDialog
          workbook={workbook}
          onClose={() => setDialog(false)}
          onDone={(id) => {
            setDialog(false);
            void navigate({ to: '/workbooks/$id', params: { id } });
          }}
        />
      )}
      {remove.error && <ErrorState error={remove.error} title="It was not removed" />}
      <WorkbookProvider value={state}>
        <Parts items={document.items} />
      </WorkbookProvider>
    </Page>
  );
}
