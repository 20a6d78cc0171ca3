import {
  Button,
  Field,
  Input,
  makeStyles,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Select,
  tokens,
} from '@fluentui/react-components';
import { ChevronDownRegular, EditRegular, SearchSquareRegular } from '@fluentui/react-icons';
import { Criticality, type EntityDetails } from '@sallyport/contracts';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { PersonPicker } from '../../shared/PersonPicker.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { byComma, words } from '../../shared/text.ts';
import { useShownWorkspace } from '../../shared/workspaces.ts';
import { useChangeEntity } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
});

const CONCLUDED = 'concluded';
const TAGS_MAX = 50;
const isCriticality = (text: string): text is Criticality => Criticality.options.includes(text as never);
const tagsOf = (text: string): string[] => [...new Set(byComma(text))];

function EditDialog({ entity, onClose }: { entity: EntityDetails; onClose: () => void }): ReactElement {
  const change = useChangeEntity(entity.id);
  const [criticality, setCriticality] = useState<string>(
    entity.criticalitySetBy === null ? CONCLUDED : (entity.criticality ?? CONCLUDED),
  );
  const [owner, setOwner] = useState(entity.owner);
  const [tags, setTags] = useState(entity.tags.join(', '));
  const list = tagsOf(tags);
  const fault =
    list.length > TAGS_MAX
      ? `at most ${TAGS_MAX} tags`
      : list.some((tag) => tag.length > 64)
        ? 'a tag has at most 64 characters'
        : undefined;
  const save = (): void =>
    change.mutate(
      {
        criticality: isCriticality(criticality) ? criticality : null,
        owner,
        tags: list,
      },
      { onSuccess: onClose },
    );
  return (
    <FormDialog
      title="Criticality, owner and tags"
      submit="Save"
      ready={fault === undefined}
      busy={change.isPending}
      onSubmit={save}
      onClose={onClose}
    >
      <Field
        label="Criticality"
        hint={
          entity.criticalityReason === ''
            ? 'Nothing that is known makes it critical'
            : `Concluded: ${entity.criticalityReason}`
        }
      >
        <Select value={criticality} onChange={(_, data) => setCriticality(data.value)}>
          <option value={CONCLUDED}>
            As concluded ({entity.criticalityConcluded === null ? 'none' : words(entity.criticalityConcluded)})
          </option>
          {Criticality.options.map((level) => (
            <option key={level} value={level}>
              {words(level)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Owner">
        <PersonPicker label="Owner" value={owner} onChange={setOwner} />
      </Field>
      <Field
        label="Tags"
        hint="With commas between them"
        {...(fault === undefined ? {} : { validationState: 'error' as const, validationMessage: fault })}
      >
        <Input value={tags} maxLength={4_000} onChange={(_, data) => setTags(data.value)} />
      </Field>
    </FormDialog>
  );
}

/** What can be done with an entity: hunt for it with ready queries, say how much it matters and whose it is. */
export function EntityActions({ entity }: { entity: EntityDetails }): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const why = useRefusal('updateEntity');
  const workspace = useShownWorkspace();
  const [editing, setEditing] = useState(false);
  return (
    <div className={styles.root}>
      <RefusableButton why={why} icon={<EditRegular />} onClick={() => setEditing(true)}>
        Criticality, owner, tags
      </RefusableButton>
      <Menu positioning="below-end">
        <MenuTrigger disableButtonEnhancement>
          <Button appearance="primary" icon={<SearchSquareRegular />}>
            Go hunt <ChevronDownRegular />
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {entity.hunts.map(({ name, query }) => (
              <MenuItem
                key={name}
                onClick={() =>
                  void navigate({
                    to: '/hunting',
                    search: { range: '30d', ...workspace },
                    hash: `query=${encodeFragment(query)}`,
                  })
                }
              >
                {name}
              </MenuItem>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      {editing && <EditDialog entity={entity} onClose={() => setEditing(false)} />}
    </div>
  );
}
