import { makeStyles, mergeClasses, SearchBox, tokens } from '@fluentui/react-components';
import { DocumentTableRegular, ShieldErrorRegular, TargetArrowRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState, type ReactElement, type ReactNode } from 'react';
import { encodeFragment } from '../shared/address.ts';
import { client, useMay } from '../shared/api.ts';
import { EntityIcon } from '../shared/EntityLink.tsx';
import { usePageKey, useSettled } from '../shared/hooks.ts';
import { elide, visible, words } from '../shared/text.ts';

const useStyles = makeStyles({
  root: { position: 'relative', flexGrow: 1, maxWidth: '520px' },
  search: { width: '100%', maxWidth: 'none' },
  list: {
    position: 'absolute',
    top: '100%',
    left: 0,
    right: 0,
    zIndex: 30,
    marginTop: tokens.spacingVerticalXS,
    padding: tokens.spacingVerticalXS,
    maxHeight: '70vh',
    overflowY: 'auto',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    boxShadow: tokens.shadow16,
  },
  group: {
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalM} 0`,
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightSemibold,
  },
  item: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalSNudge} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    cursor: 'pointer',
  },
  active: { backgroundColor: tokens.colorNeutralBackground1Selected },
  icon: { display: 'flex', fontSize: tokens.fontSizeBase500, color: tokens.colorNeutralForeground3 },
  text: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  hint: {
    marginLeft: 'auto',
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    whiteSpace: 'nowrap',
  },
});

const SETTLE_MS = 200;
const EACH_MAX = 5;
const TEXT_MAX = 80;

interface Found {
  readonly id: string;
  readonly group: string;
  readonly icon: ReactNode;
  readonly text: string;
  readonly hint: string;
  readonly go: () => void;
}

const matches = (text: string, typed: string): boolean => text.toLowerCase().includes(typed.toLowerCase());

/** What is found for a text: entities, incidents, rules and tables, a few of each. */
function useFound(typed: string): readonly Found[] {
  const navigate = useNavigate();
  const reads = useMay('securityData.read');
  const enabled = reads && typed.length >= 2;
  const entities = useQuery({
    queryKey: ['search entities', typed],
    queryFn: ({ signal }) => client.listEntities({ signal, query: { search: typed, limit: EACH_MAX } }),
    enabled,
    staleTime: 30_000,
  });
  const incidents = useQuery({
    queryKey: ['search incidents', typed],
    queryFn: ({ signal }) => client.listIncidents({ signal, query: { search: typed, limit: EACH_MAX } }),
    enabled,
    staleTime: 30_000,
  });
  const rules = useQuery({
    queryKey: ['rules'],
    queryFn: ({ signal }) => client.listRules({ signal }),
    enabled,
    staleTime: 300_000,
  });
  const tables = useQuery({
    queryKey: ['tables'],
    queryFn: ({ signal }) => client.listTables({ signal }),
    enabled,
    staleTime: 60_000,
  });
  if (!enabled) return [];
  return [
    ...(entities.data?.entities ?? []).map((entity) => ({
      id: `entity ${entity.id}`,
      group: 'Entities',
      icon: <EntityIcon kind={entity.kind} />,
      text: entity.name,
      hint: entity.riskLevel === 'None' ? words(entity.kind) : `${words(entity.kind)} · risk ${entity.riskScore}`,
      go: () => void navigate({ to: '/entities/$id', params: { id: entity.id } }),
    })),
    ...(incidents.data?.incidents ?? []).map((incident) => ({
      id: `incident ${incident.number}`,
      group: 'Incidents',
      icon: <ShieldErrorRegular />,
      text: incident.title,
      hint: `No. ${incident.number} · ${incident.status}`,
      go: () => void navigate({ to: '/incidents/$number', params: { number: String(incident.number) } }),
    })),
    ...(rules.data?.rules ?? [])
      .filter(({ name }) => matches(name, typed))
      .slice(0, EACH_MAX)
      .map((rule) => ({
        id: `rule ${rule.id}`,
        group: 'Detections',
        icon: <TargetArrowRegular />,
        text: rule.name,
        hint: rule.severity,
        go: () => void navigate({ to: '/rules/$id', params: { id: rule.id } }),
      })),
    ...(tables.data?.tables ?? [])
      .filter(({ name }) => matches(name, typed))
      .toSorted((a, b) => b.rows - a.rows)
      .slice(0, EACH_MAX)
      .map((table) => ({
        id: `table ${table.name}`,
        group: 'Tables',
        icon: <DocumentTableRegular />,
        text: table.name,
        hint: 'Hunt in it',
        go: () =>
          void navigate({
            to: '/hunting',
            search: { range: '24h' },
            hash: `query=${encodeFragment(`${table.name}\n| take 100`)}`,
          }),
      })),
  ];
}

/** The search of everything (`/`). Enter without a choice searches incidents, by `onText`. */
export function GlobalSearch({ narrow, onText }: { narrow: boolean; onText: (text: string) => void }): ReactElement {
  const styles = useStyles();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  usePageKey('/', () => input.current?.focus());
  const typed = text.trim();
  const found = useFound(useSettled(typed, SETTLE_MS));
  const shown = open && typed.length >= 2;
  const at = Math.min(active, found.length - 1);
  const close = (): void => {
    setOpen(false);
    setActive(-1);
  };
  const go = (one: Found | undefined): void => {
    if (typed === '') return;
    setText('');
    close();
    if (one) one.go();
    else onText(typed);
  };
  return (
    <div className={styles.root} onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && close()}>
      <SearchBox
        {...({ ref: input } as object)}
        className={styles.search}
        placeholder={narrow ? 'Search' : 'Search entities, incidents, rules, tables  ( / )'}
        aria-label="Search entities, incidents, rules, tables or a number"
        role="combobox"
        aria-expanded={shown}
        aria-controls="global-search"
        {...(shown && at >= 0 ? { 'aria-activedescendant': `global-search-${at}` } : {})}
        value={text}
        onChange={(_, data) => {
          setText(data.value);
          setOpen(true);
          setActive(-1);
        }}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          if (step !== 0 && found.length > 0) {
            event.preventDefault();
            setOpen(true);
            setActive((at + step + found.length) % found.length);
          } else if (event.key === 'Enter') go(at >= 0 ? found[at] : undefined);
          else if (event.key === 'Escape') {
            if (shown) close();
            else input.current?.blur();
          }
        }}
      />
      <div id="global-search" role="listbox" aria-label="Found" className={styles.list} hidden={!shown}>
        {shown &&
          found.map((one, index) => (
            <div key={one.id} role="presentation">
              {one.group !== found[index - 1]?.group && (
                <div className={styles.group} role="presentation">
                  {one.group}
                </div>
              )}
              <div
                id={`global-search-${index}`}
                role="option"
                aria-selected={index === at}
                className={mergeClasses(styles.item, index === at && styles.active)}
                onMouseMove={() => setActive(index)}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => go(one)}
              >
                <span className={styles.icon} aria-hidden>
                  {one.icon}
                </span>
                <bdi className={styles.text} title={visible(one.text)}>
                  {visible(elide(one.text, TEXT_MAX))}
                </bdi>
                <span className={styles.hint}>{one.hint}</span>
              </div>
            </div>
          ))}
        {shown && (
          <div
            role="option"
            aria-selected={false}
            className={styles.item}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => go(undefined)}
          >
            Search incidents for “{visible(typed)}”
          </div>
        )}
      </div>
    </div>
  );
}
