import {
  Button,
  Checkbox,
  Field,
  Input,
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components';
import { BookmarkRegular } from '@fluentui/react-icons';
import type { IncidentView } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import { parseSearch, stringifySearch } from '../../shared/address.ts';
import { client, useMe } from '../../shared/api.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { setPreferences, usePreferences } from '../../shared/preferences.ts';
import { useRefusal } from '../../shared/Refusable.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { incidentsSearch, type IncidentsSearch } from './index.ts';
import { viewsQuery } from './queries.ts';

type Filters = Omit<IncidentsSearch, 'selected'>;

/** Filters as text, the same for the same filters. */
export const viewText = (filters: Filters): string =>
  stringifySearch(Object.fromEntries(Object.entries(filters).toSorted(([a], [b]) => a.localeCompare(b)))).slice(1);

function SaveDialog(props: {
  view: IncidentView | undefined;
  search: string;
  hiddenColumns: readonly string[];
  onClose: () => void;
}): ReactElement {
  const why = useRefusal('alerts.manage');
  const queries = useQueryClient();
  const notify = useNotify();
  const [name, setName] = useState(props.view?.name ?? '');
  const [shared, setShared] = useState(props.view?.shared ?? false);
  const save = useMutation({
    mutationFn: () =>
      client.saveIncidentView({
        params: { id: props.view?.id ?? crypto.randomUUID() },
        body: { name: name.trim(), shared, search: props.search, hiddenColumns: [...props.hiddenColumns] },
      }),
    onSuccess: (view) => {
      void queries.invalidateQueries({ queryKey: viewsQuery.queryKey });
      notify.done(`The view “${visible(view.name)}” is saved`);
      props.onClose();
    },
  });
  return (
    <FormDialog
      title={props.view ? 'Save the view' : 'Save as a view'}
      submit="Save"
      ready={name.trim() !== ''}
      busy={save.isPending}
      error={save.error}
      failed="The view was not saved"
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
    >
      <Field label="Name" required hint="Filters, order and columns are kept as they are now">
        <Input value={name} maxLength={100} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field {...(why === undefined ? {} : { hint: why })}>
        <Checkbox
          label="Everyone sees it"
          disabled={why !== undefined}
          checked={shared}
          onChange={(_, data) => setShared(data.checked === true)}
        />
      </Field>
    </FormDialog>
  );
}

/** Saved views: one's own and those of everyone, one of which the queue opens with. */
export function ViewsMenu(props: {
  filters: Filters;
  hiddenColumns: readonly string[];
  onApply: (filters: Filters, replace: boolean) => void;
}): ReactElement {
  const me = useMe();
  const queries = useQueryClient();
  const notify = useNotify();
  const { hiddenColumns } = usePreferences();
  const { data } = useQuery(viewsQuery);
  const [saving, setSaving] = useState<'new' | 'same'>();
  const text = viewText(props.filters);
  const current = data?.views.find(({ search }) => search === text);
  const mine = current?.owner === me.userPrincipalName ? current : undefined;
  const apply = (view: IncidentView, replace = false): void => {
    setPreferences({ hiddenColumns: { ...hiddenColumns, incidents: view.hiddenColumns } });
    props.onApply(incidentsSearch(parseSearch(view.search)), replace);
  };
  const opened = useRef(false);
  useEffect(() => {
    if (!data || opened.current) return;
    opened.current = true;
    const first = data.views.find(({ id }) => id === data.defaultId);
    // An address that says what to show is left as it is.
    if (first && text === '') apply(first, true);
  });
  const act = useMutation({
    mutationFn: (run: () => Promise<unknown>) => run(),
    onSuccess: () => queries.invalidateQueries({ queryKey: viewsQuery.queryKey }),
    onError: (error) => notify.failed('The views are as they were', error),
  });
  const group = (title: string, views: readonly IncidentView[]): ReactElement | null =>
    views.length === 0 ? null : (
      <MenuGroup>
        <MenuGroupHeader>{title}</MenuGroupHeader>
        {views.map((view) => (
          <MenuItemRadio key={view.id} name="view" value={view.id} onClick={() => apply(view)}>
            {visible(view.name)}
            {view.id === data?.defaultId ? ' (default)' : ''}
          </MenuItemRadio>
        ))}
      </MenuGroup>
    );
  const views = data?.views ?? [];
  return (
    <>
      <Menu positioning="below-end" checkedValues={{ view: current ? [current.id] : [] }}>
        <MenuTrigger disableButtonEnhancement>
          <Button size="small" appearance="subtle" icon={<BookmarkRegular />}>
            {current ? visible(current.name) : 'Views'}
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {group(
              'Mine',
              views.filter(({ owner, shared }) => owner === me.userPrincipalName && !shared),
            )}
            {group(
              'Everyone’s',
              views.filter(({ shared }) => shared),
            )}
            {views.length > 0 && <MenuDivider />}
            <MenuItem onClick={() => setSaving('new')}>Save as a view…</MenuItem>
            {mine && <MenuItem onClick={() => setSaving('same')}>Change “{visible(mine.name)}”…</MenuItem>}
            {current && (
              <MenuItem
                onClick={() =>
                  act.mutate(() =>
                    client.setDefaultIncidentView({ body: { id: current.id === data?.defaultId ? null : current.id } }),
                  )
                }
              >
                {current.id === data?.defaultId ? 'Open with no view' : 'Open with this view'}
              </MenuItem>
            )}
            {mine && (
              <MenuItem
                onClick={() =>
                  act.mutate(async () => {
                    await client.deleteIncidentView({ params: { id: mine.id } });
                    notify.done(`The view “${visible(mine.name)}” is deleted`, () => {
                      const { id, owner: _, ...body } = mine;
                      act.mutate(() => client.saveIncidentView({ params: { id }, body }));
                    });
                  })
                }
              >
                Delete “{visible(mine.name)}”
              </MenuItem>
            )}
          </MenuList>
        </MenuPopover>
      </Menu>
      {saving && (
        <SaveDialog
          view={saving === 'same' ? mine : undefined}
          search={text}
          hiddenColumns={props.hiddenColumns}
          onClose={() => setSaving(undefined)}
        />
      )}
    </>
  );
}
