import {
  Button,
  makeStyles,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  tokens,
} from '@fluentui/react-components';
import {
  BoxRegular,
  BugRegular,
  CloudRegular,
  CopyRegular,
  DesktopRegular,
  DocumentRegular,
  GlobeRegular,
  LinkRegular,
  MailRegular,
  NumberSymbolRegular,
  OpenRegular,
  PeopleRegular,
  PersonRegular,
  PlugConnectedRegular,
  SearchSquareRegular,
  ShieldErrorRegular,
  WindowConsoleRegular,
} from '@fluentui/react-icons';
import type { Entity, EntityKind } from '@sallyport/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { encodeFragment } from './address.ts';
import { client } from './api.ts';
import { CopyButton } from './Copyable.tsx';
import { entityQuery } from './kql.ts';
import { elide, visible, words } from './text.ts';
import { TextLink } from './TextLink.tsx';
import { useShownWorkspace } from './workspaces.ts';

const icons: Record<EntityKind, ReactElement> = {
  Account: <PersonRegular />,
  Host: <DesktopRegular />,
  IP: <PlugConnectedRegular />,
  File: <DocumentRegular />,
  FileHash: <NumberSymbolRegular />,
  Process: <WindowConsoleRegular />,
  RegistryKey: <BoxRegular />,
  RegistryValue: <BoxRegular />,
  URL: <LinkRegular />,
  DNS: <GlobeRegular />,
  Malware: <BugRegular />,
  Mailbox: <MailRegular />,
  MailMessage: <MailRegular />,
  MailCluster: <MailRegular />,
  SubmissionMail: <MailRegular />,
  CloudApplication: <CloudRegular />,
  AzureResource: <CloudRegular />,
  SecurityGroup: <PeopleRegular />,
};

const useStyles = makeStyles({
  icon: { display: 'inline-flex', color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase400 },
  button: {
    minWidth: 0,
    maxWidth: '100%',
    justifyContent: 'flex-start',
    fontWeight: tokens.fontWeightRegular,
    paddingLeft: tokens.spacingHorizontalXS,
    paddingRight: tokens.spacingHorizontalXS,
  },
  named: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    maxWidth: '100%',
    minWidth: 0,
  },
  name: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
});

export function EntityIcon({ kind }: { kind: EntityKind }): ReactElement {
  const styles = useStyles();
  return (
    <span className={styles.icon} role="img" aria-label={words(kind)} title={words(kind)}>
      {icons[kind]}
    </span>
  );
}

const NAME_MAX = 64;

/** An entity by name, with where one may go from it. Its text is others': shown as text only. */
export function EntityLink({ entity, onOpen }: { entity: Entity; onOpen?: () => void }): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const workspace = useShownWorkspace();
  /** Tables that hold rows; those that are listed are of the first workspace. */
  const filled = async (): Promise<string[]> => {
    const { tables } = await queries
      .fetchQuery({ queryKey: ['tables'], queryFn: ({ signal }) => client.listTables({ signal }), staleTime: 60_000 })
      .catch(() => ({ tables: [] }));
    return tables
      .filter(({ rows }) => rows > 0)
      .toSorted((a, b) => (b.lastRowAt ?? '').localeCompare(a.lastRowAt ?? ''))
      .map(({ name }) => name);
  };
  /** What its page has to hunt with in another. */
  const ofPage = async (): Promise<string | undefined> => {
    const details = await client.getEntity({ params: { id: entity.id }, query: workspace }).catch(() => undefined);
    return details?.hunts[0]?.query;
  };
  const hunt = async (): Promise<void> => {
    const query =
      workspace.workspace === undefined
        ? entityQuery(entity, await filled())
        : ((await ofPage()) ?? entityQuery(entity, []));
    const hash = `query=${encodeFragment(query)}`;
    await navigate({ to: '/hunting', search: { range: '30d', ...workspace }, hash });
  };
  return (
    <Menu positioning="below-start">
      <MenuTrigger disableButtonEnhancement>
        <Button
          size="small"
          appearance="subtle"
          className={styles.button}
          icon={<EntityIcon kind={entity.kind} />}
          title={`${words(entity.kind)}: ${visible(entity.name)}`}
          onClick={(event) => event.stopPropagation()}
        >
          <bdi className={styles.name}>{visible(elide(entity.name, NAME_MAX))}</bdi>
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem
            icon={<OpenRegular />}
            onClick={() => void navigate({ to: '/entities/$id', params: { id: entity.id }, search: workspace })}
          >
            Open its page
          </MenuItem>
          {onOpen && (
            <MenuItem icon={<EntityIcon kind={entity.kind} />} onClick={onOpen}>
              Properties
            </MenuItem>
          )}
          <MenuItem
            icon={<ShieldErrorRegular />}
            onClick={() =>
              void navigate({
                to: '/incidents',
                search: { search: entity.name.slice(0, 200), status: ['New', 'Active', 'Closed'] },
              })
            }
          >
            Incidents with it
          </MenuItem>
          <MenuItem icon={<SearchSquareRegular />} onClick={() => void hunt()}>
            Hunt for it
          </MenuItem>
          <MenuItem icon={<CopyRegular />} onClick={() => void navigator.clipboard.writeText(entity.name)}>
            Copy its name
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** What a log calls an entity, with the way to its page: for texts of which only the kind is known. */
export function NamedEntity({ kind, name }: { kind: EntityKind; name: string }): ReactElement {
  const styles = useStyles();
  const workspace = useShownWorkspace();
  return (
    <span className={styles.named}>
      <EntityIcon kind={kind} />
      <TextLink
        className={styles.name}
        to="/entities/find"
        search={{ kind, value: name, ...workspace }}
        title={`${words(kind)}: ${visible(name)}`}
      >
        <bdi>{visible(elide(name, NAME_MAX))}</bdi>
      </TextLink>
      <CopyButton text={name} label="its name" />
    </span>
  );
}
