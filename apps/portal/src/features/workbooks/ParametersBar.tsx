import {
  Combobox,
  Dropdown,
  Field,
  InfoLabel,
  Input,
  makeStyles,
  Option,
  OptionGroup,
  Radio,
  RadioGroup,
  tokens,
} from '@fluentui/react-components';
import { durationLabel } from '@sallyport/contracts';
import { useState, type ReactElement, type ReactNode } from 'react';
import { TimeRange } from '../../shared/TimeRange.tsx';
import { visible } from '../../shared/text.ts';
import { describeError } from '../../shared/States.tsx';
import type { ParameterState } from './parameters.ts';
import { useWorkbookState } from './useWorkbook.ts';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    alignItems: 'flex-end',
  },
  field: { minWidth: '168px' },
});

const LISTED_MAX = 500;

/** The parameters of one part. Hidden ones are worked out and not shown. */
export function ParametersBar({ names }: { names: readonly string[] }): ReactElement | null {
  const styles = useStyles();
  const { states } = useWorkbookState();
  const shown = states.filter(
    ({ definition }) =>
      names.includes(definition.name) && definition.isHiddenWhenLocked !== true && isShown(definition.type),
  );
  if (shown.length === 0) return null;
  return (
    <div className={styles.bar} role="group" aria-label="Parameters">
      {shown.map((state) => (
        <Parameter key={state.definition.name} state={state} />
      ))}
    </div>
  );
}

/** Pickers of Azure’s subscriptions and resources choose nothing here: a workspace is chosen above. */
const isShown = (type: number): boolean => [1, 2, 4, 10].includes(type);

function Parameter({ state }: { state: ParameterState }): ReactElement {
  const styles = useStyles();
  const { definition, error } = state;
  const label = visible(definition.label || definition.name);
  const failed = error === undefined || error === null ? undefined : describeError(error).message;
  return (
    <Field
      size="small"
      className={styles.field}
      label={
        definition.description
          ? ({
              children: (_: unknown, props: object) => (
                <InfoLabel {...props} info={visible(definition.description ?? '')}>
                  {label}
                </InfoLabel>
              ),
            } as never)
          : label
      }
      required={definition.isRequired === true}
      {...(failed ? { validationState: 'error' as const, validationMessage: visible(failed) } : {})}
    >
      <Control state={state} label={label} />
    </Field>
  );
}

function Control({ state, label }: { state: ParameterState; label: string }): ReactElement {
  const { choose, values } = useWorkbookState();
  const { definition, options, value, pending } = state;
  const { name } = definition;
  if (definition.type === 4) {
    const time = values.get(name);
    return <TimeChoice state={state} label={label} text={time?.kind === 'time' ? time.label : ''} />;
  }
  if (definition.type === 1) return <TextChoice key={name} state={state} />;
  if (definition.type === 10)
    return (
      <RadioGroup
        layout="horizontal"
        value={value?.kind === 'text' ? (value.values[0] ?? '') : ''}
        onChange={(_, data) => choose(name, [data.value])}
      >
        {options.map((option) => (
          <Radio key={option.value} value={option.value} label={visible(option.label)} />
        ))}
      </RadioGroup>
    );
  return <ListChoice state={state} pending={pending} />;
}

function TimeChoice({ state, label, text }: { state: ParameterState; label: string; text: string }): ReactElement {
  const { choose } = useWorkbookState();
  const { definition, value } = state;
  const settings = definition.typeSettings;
  const durations = (settings?.selectableValues ?? []).flatMap(({ durationMs }) => (durationMs ? [durationMs] : []));
  const current = value?.kind === 'time' ? value : undefined;
  if (durations.length === 0 || settings?.allowCustom === true)
    return (
      <TimeRange
        value={current ? `${current.from.toISOString()}/${current.to.toISOString()}` : '24h'}
        {...(current?.relativeMs === undefined ? {} : { label: text })}
        presets={durations.map((durationMs) => ({ durationMs, label: durationLabel(durationMs) }))}
        onChange={(range) => choose(definition.name, choiceOf(range))}
      />
    );
  return (
    <Dropdown
      size="small"
      aria-label={label}
      value={text}
      selectedOptions={[String(current?.relativeMs ?? '')]}
      onOptionSelect={(_, { optionValue }) =>
        optionValue && choose(definition.name, { durationMs: Number(optionValue) })
      }
    >
      {durations.map((durationMs) => (
        <Option key={durationMs} value={String(durationMs)}>
          {durationLabel(durationMs)}
        </Option>
      ))}
    </Dropdown>
  );
}

const DAY = 86_400_000;
const presets: Readonly<Record<string, number>> = {
  '1h': DAY / 24,
  '4h': DAY / 6,
  '24h': DAY,
  '7d': 7 * DAY,
  '30d': 30 * DAY,
  '90d': 90 * DAY,
};
function choiceOf(range: string): { durationMs: number } | { from: string; to: string } {
  const [from, to] = range.split('/');
  if (from && to) return { from, to };
  return { durationMs: presets[range] ?? (/^\d+$/.test(range) ? Number(range) : 365 * DAY) };
}

function TextChoice({ state }: { state: ParameterState }): ReactElement {
  const { choose } = useWorkbookState();
  const given = state.value?.kind === 'text' ? (state.value.values[0] ?? '') : '';
  const [text, setText] = useState(given);
  const commit = (): void => {
    if (text !== given) choose(state.definition.name, text === '' ? undefined : [text]);
  };
  return (
    <Input
      size="small"
      value={text}
      onChange={(_, data) => setText(data.value)}
      onBlur={commit}
      onKeyDown={({ key }) => key === 'Enter' && commit()}
    />
  );
}

function ListChoice({ state, pending }: { state: ParameterState; pending: boolean }): ReactElement {
  const { choose } = useWorkbookState();
  const { definition, options, value } = state;
  const multi = definition.multiSelect === true;
  const [typed, setTyped] = useState<string>();
  const specials = (definition.typeSettings?.additionalResourceOptions ?? []).filter((one) =>
    /^value::(all|\d+)$/.test(one),
  );
  const chosen = value?.kind === 'text' ? value.values : [];
  const isAll = value?.kind === 'text' && value.labels.length === 1 && value.labels[0] === 'All';
  const labels = value?.kind === 'text' ? value.labels.map((one) => visible(one)).join(', ') : '';
  const needle = typed?.toLowerCase() ?? '';
  const shown = options.filter((option) => option.label.toLowerCase().includes(needle)).slice(0, LISTED_MAX);
  const groups = new Map<string, typeof shown>();
  for (const option of shown) groups.set(option.group ?? '', [...(groups.get(option.group ?? '') ?? []), option]);
  const limit = definition.typeSettings?.limitSelectTo ?? LISTED_MAX;
  const items = (list: typeof shown): ReactNode =>
    list.map((option) => (
      <Option key={option.value} value={option.value} text={visible(option.label)}>
        {visible(option.label) || '(empty)'}
      </Option>
    ));
  return (
    <Combobox
      size="small"
      multiselect={multi}
      placeholder={pending ? 'Loading' : 'Choose'}
      value={typed ?? labels}
      selectedOptions={isAll ? ['value::all'] : [...chosen]}
      onInput={(event) => setTyped(event.currentTarget.value)}
      onOpenChange={() => setTyped(undefined)}
      onOptionSelect={(_, { optionValue, selectedOptions }) => {
        setTyped(undefined);
        if (optionValue === undefined) return;
        if (optionValue.startsWith('value::')) return choose(definition.name, [optionValue]);
        const next = multi ? selectedOptions.filter((one) => !one.startsWith('value::')).slice(-limit) : [optionValue];
        choose(definition.name, next.length === 0 ? undefined : next);
      }}
    >
      {specials.map((one) => (
        <Option key={one} value={one} text={one}>
          {one === 'value::all' ? 'All' : `Any ${one.slice(7)}`}
        </Option>
      ))}
      {[...groups].map(([group, list]) =>
        group === '' ? (
          items(list)
        ) : (
          <OptionGroup key={group} label={visible(group)}>
            {items(list)}
          </OptionGroup>
        ),
      )}
    </Combobox>
  );
}
