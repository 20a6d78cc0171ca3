import { Field, makeStyles, mergeClasses, Textarea, tokens } from '@fluentui/react-components';
import { useId, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { matchingPeople, useAssignable } from '../../shared/people.ts';
import { visible } from '../../shared/text.ts';
import { mentionBefore, writeMention } from './mentioning.ts';

const SHOWN_MAX = 6;

const useStyles = makeStyles({
  root: { position: 'relative', width: '100%' },
  list: {
    position: 'absolute',
    zIndex: 10,
    left: 0,
    bottom: '100%',
    minWidth: '280px',
    padding: tokens.spacingVerticalXS,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    boxShadow: tokens.shadow16,
  },
  item: { padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`, cursor: 'pointer' },
  active: { backgroundColor: tokens.colorNeutralBackground1Selected },
});

/** Text in which `@` offers people and groups to name. Ctrl-Enter sends. */
export function MentionField(props: {
  label: string;
  value: string;
  maxLength: number;
  disabled?: boolean;
  onChange: (value: string) => void;
  onSend: () => void;
}): ReactElement {
  const styles = useStyles();
  const id = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  const people = useAssignable();
  const [caret, setCaret] = useState(0);
  const [active, setActive] = useState(0);
  const [closed, setClosed] = useState(false);
  const typing = closed ? undefined : mentionBefore(props.value, caret);
  const offered = typing ? matchingPeople(people, typing.typed).slice(0, SHOWN_MAX) : [];
  const at = Math.min(active, offered.length - 1);
  const choose = (index: number): void => {
    const one = offered[index];
    if (!one) return;
    const next = writeMention(props.value, caret, one.mention);
    props.onChange(next.text);
    setCaret(next.caret);
    requestAnimationFrame(() => {
      box.current?.focus();
      box.current?.setSelectionRange(next.caret, next.caret);
    });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      props.onSend();
    } else if (offered.length > 0) {
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (step !== 0) setActive((at + step + offered.length) % offered.length);
      else if (event.key === 'Enter' || event.key === 'Tab') choose(at);
      else if (event.key === 'Escape') setClosed(true);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const moved = (element: HTMLTextAreaElement): void => setCaret(element.selectionStart);
  return (
    <div className={styles.root}>
      <Field label={props.label} hint="@ names people and groups; they are told">
        <Textarea
          textarea={{
            ref: box,
            'aria-controls': `${id}-list`,
            'aria-autocomplete': 'list',
            ...(offered.length > 0 ? { 'aria-activedescendant': `${id}-${at}` } : {}),
          }}
          value={props.value}
          disabled={props.disabled ?? false}
          maxLength={props.maxLength}
          resize="vertical"
          onChange={(event, data) => {
            props.onChange(data.value);
            setClosed(false);
            setActive(0);
            moved(event.target);
          }}
          onKeyDown={onKeyDown}
          onKeyUp={(event) => moved(event.currentTarget)}
          onClick={(event) => moved(event.currentTarget)}
        />
      </Field>
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label="People and groups"
        className={offered.length > 0 ? styles.list : undefined}
      >
        {offered.map(({ name, hint }, index) => (
          <div
            key={name}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            className={mergeClasses(styles.item, index === at && styles.active)}
            onMouseDown={(event) => {
              event.preventDefault();
              choose(index);
            }}
          >
            <bdi>{visible(name)}</bdi> · {visible(hint)}
          </div>
        ))}
      </div>
    </div>
  );
}
