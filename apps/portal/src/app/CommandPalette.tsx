import { Dialog, DialogSurface, makeStyles, mergeClasses, SearchBox, tokens } from '@fluentui/react-components';
import { useState, type ReactElement, type ReactNode } from 'react';

export interface Command {
  readonly id: string;
  readonly label: string;
  readonly icon?: ReactNode;
  readonly hint?: string;
  readonly words?: string;
  readonly run: () => void;
}

const useStyles = makeStyles({
  surface: { padding: 0, maxWidth: '560px', overflow: 'hidden', marginTop: '12vh', marginBottom: 'auto' },
  search: { width: '100%', maxWidth: 'none', border: 'none', '::after': { display: 'none' } },
  list: {
    padding: tokens.spacingVerticalXS,
    maxHeight: '50vh',
    overflowY: 'auto',
    borderTop: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
  item: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalSNudge} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    cursor: 'pointer',
  },
  active: { backgroundColor: tokens.colorNeutralBackground1Selected },
  icon: { display: 'flex', fontSize: tokens.fontSizeBase500, color: tokens.colorNeutralForeground3 },
  hint: { marginLeft: 'auto', color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

const SHOWN_MAX = 12;

/** Commands whose every typed word is found in their label or words; those whose label begins with it first. */
export function matching(commands: readonly Command[], text: string): readonly Command[] {
  const typed = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter((command) => {
    const hay = `${command.label} ${command.words ?? ''}`.toLowerCase();
    return typed.every((word) => hay.includes(word));
  });
  const first = typed[0] ?? '';
  const begins = (command: Command): boolean => command.label.toLowerCase().startsWith(first);
  return [...found.filter(begins), ...found.filter((command) => !begins(command))].slice(0, SHOWN_MAX);
}

/** Ctrl-K: every page and action by name. `fromText` makes commands of what is typed (an incident's number, a search). */
export function CommandPalette(props: {
  open: boolean;
  onClose: () => void;
  commands: readonly Command[];
  fromText: (text: string) => readonly Command[];
}): ReactElement {
  const styles = useStyles();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const typed = text.trim();
  const shown = [...matching(props.commands, typed), ...(typed === '' ? [] : props.fromText(typed))];
  const at = Math.min(active, shown.length - 1);
  const close = (): void => {
    setText('');
    setActive(0);
    props.onClose();
  };
  const run = (command: Command | undefined): void => {
    if (!command) return;
    close();
    command.run();
  };
  return (
    <Dialog open={props.open} onOpenChange={(_, data) => !data.open && close()}>
      <DialogSurface className={styles.surface} aria-label="Command palette">
        <SearchBox
          // The palette is opened by key to be typed into.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          size="large"
          className={styles.search}
          placeholder="Go to a page, an incident number, or search"
          role="combobox"
          aria-expanded
          aria-controls="palette-list"
          aria-activedescendant={`palette-${at}`}
          value={text}
          onChange={(_, data) => {
            setText(data.value);
            setActive(0);
          }}
          onKeyDown={(event) => {
            const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
            if (step !== 0) {
              event.preventDefault();
              setActive((at + step + shown.length) % Math.max(1, shown.length));
            } else if (event.key === 'Enter') {
              event.preventDefault();
              run(shown[at]);
            }
          }}
        />
        <div className={styles.list} id="palette-list" role="listbox" aria-label="Commands">
          {shown.map((command, index) => (
            <div
              key={command.id}
              id={`palette-${index}`}
              role="option"
              aria-selected={index === at}
              className={mergeClasses(styles.item, index === at && styles.active)}
              onMouseMove={() => setActive(index)}
              onClick={() => run(command)}
            >
              <span className={styles.icon} aria-hidden>
                {command.icon}
              </span>
              {command.label}
              {command.hint && <span className={styles.hint}>{command.hint}</span>}
            </div>
          ))}
        </div>
      </DialogSurface>
    </Dialog>
  );
}
