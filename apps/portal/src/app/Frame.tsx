import {
  Button,
  makeStyles,
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  mergeClasses,
  tokens,
  Tooltip,
} from '@fluentui/react-components';
import {
  ArrowCircleRightRegular,
  BoxSearchRegular,
  ClockRegular,
  KeyboardRegular,
  NavigationRegular,
  PersonCircleRegular,
  SearchRegular,
  SignOutRegular,
  WeatherMoonRegular,
  WeatherSunnyRegular,
} from '@fluentui/react-icons';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { Fragment, useState, type ReactElement } from 'react';
import { client, useMe } from '../shared/api.ts';
import { useDark } from '../shared/dark.ts';
import { useNarrow, usePageKey } from '../shared/hooks.ts';
import { Logo } from '../shared/Logo.tsx';
import { setPreferences, usePreferences } from '../shared/preferences.ts';
import { visible } from '../shared/text.ts';
import { Bell } from './Bell.tsx';
import { CommandPalette, type Command } from './CommandPalette.tsx';
import { GlobalSearch } from './GlobalSearch.tsx';
import { KeysDialog } from './KeysDialog.tsx';
import { furtherPages, places } from './places.tsx';
import { ProblemsBar } from './ProblemsBar.tsx';
import { StepUpDialog } from './StepUpDialog.tsx';

const NARROW = '@media (max-width: 640px)';
const TOP = '48px';

const useStyles = makeStyles({
  root: {
    display: 'grid',
    gridTemplateRows: `${TOP} auto minmax(0, 1fr)`,
    gridTemplateColumns: 'auto minmax(0, 1fr)',
    height: '100dvh',
    overflow: 'hidden',
  },
  top: {
    gridColumn: '1 / -1',
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    padding: `0 ${tokens.spacingHorizontalM} 0 ${tokens.spacingHorizontalXS}`,
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
  end: { marginLeft: 'auto', display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalXS, flexShrink: 0 },
  logo: { display: 'flex', textDecorationLine: 'none', [NARROW]: { display: 'none' } },
  nav: {
    gridRow: '2 / span 2',
    width: '200px',
    padding: tokens.spacingVerticalS,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXXS,
    backgroundColor: tokens.colorNeutralBackground2,
    borderRight: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    overflowY: 'auto',
  },
  collapsed: { width: 'auto' },
  over: { position: 'fixed', top: TOP, bottom: 0, left: 0, zIndex: 30, boxShadow: tokens.shadow16 },
  place: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalSNudge} ${tokens.spacingHorizontalS}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground2,
    textDecorationLine: 'none',
    ':hover': { backgroundColor: tokens.colorNeutralBackground2Hover },
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  rule: {
    margin: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
    flexShrink: 0,
    borderTop: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
  here: {
    backgroundColor: tokens.colorNeutralBackground2Selected,
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
  },
  icon: { fontSize: tokens.fontSizeBase500, display: 'flex' },
  problems: { gridColumn: 2, minWidth: 0 },
  main: { minWidth: 0, minHeight: 0, overflow: 'hidden', gridColumn: 2, gridRow: 3 },
  skip: {
    position: 'absolute',
    left: tokens.spacingHorizontalM,
    top: '-100px',
    zIndex: 40,
    padding: tokens.spacingHorizontalS,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorBrandForegroundLink,
    ':focus': { top: tokens.spacingVerticalS },
  },
});

function Nav({ collapsed, over, onGo }: { collapsed: boolean; over: boolean; onGo: () => void }): ReactElement {
  const styles = useStyles();
  const { permissions } = useMe();
  const mine = places.filter(({ permission }) => permission === undefined || permissions.includes(permission));
  return (
    <nav className={mergeClasses(styles.nav, collapsed && styles.collapsed, over && styles.over)} aria-label="Places">
      {mine.map((place, index) => (
        <Fragment key={place.to}>
          {place.group !== mine[index - 1]?.group && <div className={styles.rule} aria-hidden />}
          <Link
            to={place.to}
            className={styles.place}
            activeProps={{ className: mergeClasses(styles.place, styles.here), 'aria-current': 'page' }}
            activeOptions={{ exact: place.to === '/', includeSearch: false }}
            onClick={onGo}
            {...(collapsed ? { 'aria-label': place.label, title: place.label } : {})}
          >
            <span className={styles.icon} aria-hidden>
              {place.icon}
            </span>
            {!collapsed && place.label}
          </Link>
        </Fragment>
      ))}
    </nav>
  );
}

function MeMenu({ onSignOut }: { onSignOut: () => void }): ReactElement {
  const me = useMe();
  const navigate = useNavigate();
  const { theme, zone } = usePreferences();
  return (
    <Menu
      checkedValues={{ theme: [theme], zone: [zone] }}
      onCheckedValueChange={(_, { name, checkedItems }) =>
        setPreferences({ [name]: checkedItems[0] } as Parameters<typeof setPreferences>[0])
      }
    >
      <MenuTrigger disableButtonEnhancement>
        <Button appearance="subtle" icon={<PersonCircleRegular />} aria-label={`Me: ${visible(me.displayName)}`} />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroup>
            <MenuGroupHeader>
              {visible(me.userPrincipalName)} · {me.roles.map((one) => visible(one)).join(', ')}
            </MenuGroupHeader>
            <MenuItem onClick={() => void navigate({ to: '/security-info' })}>My security info</MenuItem>
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>Appearance</MenuGroupHeader>
            <MenuItemRadio name="theme" value="system">
              As the system
            </MenuItemRadio>
            <MenuItemRadio name="theme" value="light">
              Light
            </MenuItemRadio>
            <MenuItemRadio name="theme" value="dark">
              Dark
            </MenuItemRadio>
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>Time zone</MenuGroupHeader>
            <MenuItemRadio name="zone" value="local">
              Local
            </MenuItemRadio>
            <MenuItemRadio name="zone" value="utc">
              UTC
            </MenuItemRadio>
          </MenuGroup>
          <MenuDivider />
          <MenuItem icon={<SignOutRegular />} onClick={onSignOut}>
            Sign out
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** What surrounds every page of a signed-in person: places at the left, search and me at the top. */
export function Frame(): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const narrow = useNarrow();
  const dark = useDark();
  const { navCollapsed, zone } = usePreferences();
  const [navOver, setNavOver] = useState(false);
  const [palette, setPalette] = useState(false);
  const [keys, setKeys] = useState(false);
  usePageKey('k', () => setPalette(true), { ctrl: true });
  usePageKey('?', () => setKeys(true));

  const signOut = async (): Promise<void> => {
    await client.signOut().catch(() => undefined);
    queries.clear();
    await navigate({ to: '/signin' });
  };
  const find = (what: string): void => {
    const number = /^#?(\d{1,9})$/.exec(what)?.[1];
    void (number
      ? navigate({ to: '/incidents/$number', params: { number } })
      : navigate({ to: '/incidents', search: { search: what, status: ['New', 'Active', 'Closed'] } }));
  };
  const toggleTheme = (): void => setPreferences({ theme: dark ? 'light' : 'dark' });

  const commands: Command[] = [
    ...[...places, ...furtherPages].map((place) => ({
      id: place.to,
      label: place.label,
      icon: place.icon,
      words: place.words,
      run: () => void navigate({ to: place.to }),
    })),
    {
      id: 'theme',
      label: dark ? 'Switch to light' : 'Switch to dark',
      icon: dark ? <WeatherSunnyRegular /> : <WeatherMoonRegular />,
      words: 'theme appearance',
      run: toggleTheme,
    },
    {
      id: 'zone',
      label: zone === 'utc' ? 'Show local times' : 'Show times in UTC',
      icon: <ClockRegular />,
      words: 'zone clock',
      run: () => setPreferences({ zone: zone === 'utc' ? 'local' : 'utc' }),
    },
    { id: 'keys', label: 'Show keys', icon: <KeyboardRegular />, words: 'shortcuts help', run: () => setKeys(true) },
    { id: 'out', label: 'Sign out', icon: <SignOutRegular />, run: () => void signOut() },
  ];
  const fromText = (typed: string): Command[] => {
    const number = /^#?(\d{1,9})$/.exec(typed)?.[1];
    return [
      ...(number
        ? [{ id: 'n', label: `Incident ${number}`, icon: <ArrowCircleRightRegular />, run: () => find(typed) }]
        : []),
      {
        id: 'e',
        label: `Search assets for “${visible(typed)}”`,
        icon: <BoxSearchRegular />,
        run: () => void navigate({ to: '/assets', search: { search: typed.slice(0, 200) } }),
      },
      { id: 's', label: `Search incidents for “${visible(typed)}”`, icon: <SearchRegular />, run: () => find(typed) },
    ];
  };

  return (
    <div className={styles.root}>
      <a href="#main" className={styles.skip}>
        Skip to the page
      </a>
      <header className={styles.top}>
        <Button
          appearance="subtle"
          icon={<NavigationRegular />}
          aria-label={narrow ? 'Places' : navCollapsed ? 'Show names of places' : 'Show icons only'}
          onClick={() => (narrow ? setNavOver(!navOver) : setPreferences({ navCollapsed: !navCollapsed }))}
        />
        <Link to="/" aria-label="Sallyport, home" className={styles.logo}>
          <Logo />
        </Link>
        <GlobalSearch narrow={narrow} onText={find} />
        <div className={styles.end}>
          <Bell />
          <Tooltip content="Keys ( ? )" relationship="label">
            <Button appearance="subtle" icon={<KeyboardRegular />} onClick={() => setKeys(true)} />
          </Tooltip>
          <Tooltip content={dark ? 'Switch to light' : 'Switch to dark'} relationship="label">
            <Button
              appearance="subtle"
              icon={dark ? <WeatherSunnyRegular /> : <WeatherMoonRegular />}
              onClick={toggleTheme}
            />
          </Tooltip>
          <MeMenu onSignOut={() => void signOut()} />
        </div>
      </header>
      {(!narrow || navOver) && <Nav collapsed={!narrow && navCollapsed} over={narrow} onGo={() => setNavOver(false)} />}
      <div className={styles.problems} aria-live="polite">
        <ProblemsBar />
      </div>
      <main id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      <KeysDialog open={keys} onClose={() => setKeys(false)} />
      <StepUpDialog onSignOut={() => void signOut()} />
      <CommandPalette open={palette} onClose={() => setPalette(false)} commands={commands} fromText={fromText} />
    </div>
  );
}
