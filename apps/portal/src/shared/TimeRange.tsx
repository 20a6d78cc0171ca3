import {
  Button,
  Field,
  Input,
  makeStyles,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  Radio,
  RadioGroup,
  tokens,
} from '@fluentui/react-components';
import { CalendarClockRegular } from '@fluentui/react-icons';
import { useState, type ReactElement } from 'react';
import { useNow } from './hooks.ts';
import { usePreferences } from './preferences.ts';
import { rangeLabel, rangePresets, spanOf } from './time.ts';

const useStyles = makeStyles({
  surface: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  custom: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
});

/** What `datetime-local` gives, read in the chosen zone. */
const toIso = (text: string, utc: boolean): string | undefined => {
  const at = new Date(utc ? `${text}Z` : text);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
};
const toInput = (iso: string, utc: boolean): string => {
  const at = new Date(iso);
  const shifted = utc ? at : new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
};

/**
 * A span of time as the address has it (`24h`, `all`, `from/to`). `presets` in place of the usual ones answer their milliseconds; `label` then says what is chosen.
 */
export function TimeRange(props: {
  value: string;
  onChange: (value: string) => void;
  presets?: readonly { readonly durationMs: number; readonly label: string }[];
  label?: string;
}): ReactElement {
  const styles = useStyles();
  const { zone } = usePreferences();
  const now = useNow();
  const utc = zone === 'utc';
  const [open, setOpen] = useState(false);
  const offered: readonly (readonly [id: string, label: string])[] =
    props.presets && props.presets.length > 0
      ? props.presets.map(({ durationMs, label }) => [String(durationMs), label] as const)
      : [...rangePresets.map(([id, label]) => [id, label] as const), ['all', 'All time'] as const];
  const preset = props.value === 'all' || rangePresets.some(([id]) => id === props.value);
  const shown = props.label ?? rangeLabel(props.value, zone);
  const span = spanOf(preset && props.value === 'all' ? '24h' : props.value, now);
  const [custom, setCustom] = useState<{ from: string; to: string }>();
  const from = custom?.from ?? (span ? toInput(span.from, utc) : '');
  const to = custom?.to ?? (span ? toInput(span.to, utc) : '');
  const [isoFrom, isoTo] = [toIso(from, utc), toIso(to, utc)];
  const good = isoFrom !== undefined && isoTo !== undefined && isoFrom < isoTo;
  const choose = (value: string): void => {
    props.onChange(value);
    setCustom(undefined);
    setOpen(false);
  };
  return (
    <Popover open={open} onOpenChange={(_, data) => setOpen(data.open)} positioning="below-start" trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <Button size="small" icon={<CalendarClockRegular />} aria-label={`Time range: ${shown}`}>
          {shown}
        </Button>
      </PopoverTrigger>
      <PopoverSurface className={styles.surface}>
        <RadioGroup
          aria-label="Time range"
          value={offered.find(([, label]) => label === props.label)?.[0] ?? (preset ? props.value : '')}
          onChange={(_, data) => choose(data.value)}
        >
          {offered.map(([id, label]) => (
            <Radio key={id} value={id} label={label} />
          ))}
        </RadioGroup>
        <div className={styles.custom}>
          <Field label={`From (${utc ? 'UTC' : 'local'})`} size="small">
            <Input type="datetime-local" value={from} onChange={(_, data) => setCustom({ from: data.value, to })} />
          </Field>
          <Field
            label="To"
            size="small"
            {...(from !== '' && to !== '' && !good
              ? { validationState: 'error' as const, validationMessage: 'The end must come after the beginning' }
              : {})}
          >
            <Input type="datetime-local" value={to} onChange={(_, data) => setCustom({ from, to: data.value })} />
          </Field>
          <Button size="small" disabled={!good} onClick={() => good && choose(`${isoFrom}/${isoTo}`)}>
            Use this span
          </Button>
        </div>
      </PopoverSurface>
    </Popover>
  );
}
