import {
  Combobox,
  Field,
  InteractionTag,
  InteractionTagPrimary,
  InteractionTagSecondary,
  makeStyles,
  Option,
  TagGroup,
  tokens,
} from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { useSettled } from '../../shared/hooks.ts';
import { visible } from '../../shared/text.ts';
import { accessKey } from './queries.ts';
import type { Choice, ChoiceKind, Names } from './names.ts';

const useStyles = makeStyles({
  tags: { flexWrap: 'wrap', gap: tokens.spacingHorizontalXS, marginTop: tokens.spacingVerticalXS },
  combobox: { minWidth: 0, width: '100%' },
});

const OFFERED = 50;
const REST_MS = 250;

/** People are found by the server, since there may be many. */
function useFound(kind: ChoiceKind, typed: string, names: Names, userNames: boolean): readonly Choice[] {
  const search = useSettled(typed.trim(), REST_MS);
  const people = useQuery({
    queryKey: [...accessKey, 'find', search],
    queryFn: async ({ signal }) =>
      (await client.listDirectoryPeople({ signal, query: { search, limit: OFFERED } })).people,
    enabled: kind === 'user' && search !== '',
    staleTime: 30_000,
  }).data;
  if (kind === 'user' && people)
    return people.map(({ id, displayName, userPrincipalName }) => ({
      id: userNames ? userPrincipalName : id,
      name: displayName,
      hint: userPrincipalName,
    }));
  const known = names.choices(kind);
  return userNames ? known.map((one) => ({ ...one, id: one.hint ?? one.id })) : known;
}

const fits = ({ name, hint = '', id }: Choice, typed: string): boolean =>
  typed === '' || `${name} ${hint} ${id}`.toLowerCase().includes(typed.toLowerCase());

/** Any number of things that a policy names, found by typing; an id that nobody knows may be typed too. Chosen ones are tags that can be taken away. */
export function Picker(props: {
  label: string;
  kind: ChoiceKind;
  names: Names;
  values: readonly string[];
  onChange: (values: string[]) => void;
  /** At most so many. */
  most?: number;
  hint?: string;
  /** People are named by their user names in place of their ids. */
  userNames?: boolean;
}): ReactElement {
  const styles = useStyles();
  const { kind, names, values, onChange } = props;
  const [typed, setTyped] = useState('');
  const found = useFound(kind, typed, names, props.userNames ?? false).filter(
    (one) => fits(one, typed.trim()) && !values.includes(one.id),
  );
  const add = (id: string): void => {
    setTyped('');
    if (id !== '' && !values.includes(id)) onChange(props.most === 1 ? [id] : [...values, id]);
  };
  const isFull = props.most !== undefined && props.most > 1 && values.length >= props.most;
  return (
    <div>
      <Field label={props.label} {...(props.hint === undefined ? {} : { hint: props.hint })}>
        <Combobox
          className={styles.combobox}
          size="small"
          freeform
          disabled={isFull}
          placeholder={isFull ? 'No more' : 'Type a name'}
          value={typed}
          selectedOptions={[]}
          onChange={(event) => setTyped(event.target.value)}
          onOptionSelect={(_, { optionValue }) => optionValue !== undefined && add(optionValue)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.defaultPrevented && typed.trim() !== '' && found.length === 0) {
              event.preventDefault();
              add(typed.trim());
            }
          }}
        >
          {found.slice(0, OFFERED).map(({ id, name, hint }) => (
            <Option key={id} value={id} text={name}>
              {visible(name)}
              {hint ? ` · ${visible(hint)}` : ''}
            </Option>
          ))}
        </Combobox>
      </Field>
      {values.length > 0 && (
        <TagGroup
          className={styles.tags}
          aria-label={`${props.label}: chosen`}
          size="small"
          onDismiss={(_, { value }) => onChange(values.filter((one) => one !== value))}
        >
          {values.map((id) => (
            <InteractionTag key={id} value={id} size="small">
              <InteractionTagPrimary hasSecondaryAction>{visible(names.of(kind, id))}</InteractionTagPrimary>
              <InteractionTagSecondary aria-label={`Remove ${visible(names.of(kind, id))}`} />
            </InteractionTag>
          ))}
        </TagGroup>
      )}
    </div>
  );
}
