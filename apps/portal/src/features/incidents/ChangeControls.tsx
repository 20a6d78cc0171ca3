import {
  Field,
  makeStyles,
  Menu,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Radio,
  RadioGroup,
  Select,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { ChevronDownRegular } from '@fluentui/react-icons';
import {
  ClassificationReason,
  IncidentStatus,
  Severity as SeverityEnum,
  type Classification,
  type Incident,
  type IncidentChange,
} from '@sallyport/contracts';
import { useState, type ReactElement, type ReactNode } from 'react';
import { useMe } from '../../shared/api.ts';
import { usePageKey } from '../../shared/hooks.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { words } from '../../shared/text.ts';
import { PersonPicker } from '../../shared/PersonPicker.tsx';
import { determinations } from './determinations.ts';
import { classifications } from './index.ts';
import { IncidentStatusLabel, Owner } from './IncidentState.tsx';
import { useChangeIncident } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalS },
});

const meanings: Record<Classification, string> = {
  TruePositive: 'True positive: it was an attack',
  BenignPositive: 'Benign positive: suspicious, but expected',
  FalsePositive: 'False positive: the detection or its data was wrong',
  Undetermined: 'Undetermined',
};

/** The reason that Sentinel pairs with each classification. Source: Microsoft Sentinel, "Investigate incidents", closing. */
const reasons: Record<Classification, readonly (typeof ClassificationReason.options)[number][]> = {
  TruePositive: ['SuspiciousActivity'],
  BenignPositive: ['SuspiciousButExpected'],
  FalsePositive: ['IncorrectAlertLogic', 'InaccurateData'],
  Undetermined: [],
};

/** Closing asks why. `what` names what will be closed. */
export function CloseDialog(props: {
  what: string;
  onCancel: () => void;
  onClose: (change: IncidentChange) => void;
}): ReactElement {
  const [classification, setClassification] = useState<Classification>();
  const [reason, setReason] = useState('');
  const [comment, setComment] = useState('');
  const [determination, setDetermination] = useState('');
  const found = classification === undefined ? [] : determinations[classification];
  const said = found.find((one) => one === determination) ?? null;
  const offered = classification === undefined ? [] : reasons[classification];
  const chosen = offered.find((one) => one === reason) ?? offered[0] ?? null;
  return (
    <FormDialog
      title={`Close ${props.what}`}
      submit={`Close ${props.what}`}
      ready={classification !== undefined}
      onSubmit={() =>
        classification !== undefined &&
        props.onClose({
          status: 'Closed',
          classification,
          classificationReason: chosen,
          determination: said,
          ...(comment.trim() === '' ? {} : { classificationComment: comment.trim() }),
        })
      }
      onClose={props.onCancel}
    >
      <Field label="What was it?" required>
        <RadioGroup
          value={classification ?? ''}
          onChange={(_, data) => setClassification(data.value as Classification)}
        >
          {classifications
            .toSorted((a, b) => Object.keys(meanings).indexOf(a) - Object.keys(meanings).indexOf(b))
            .map((one) => (
              <Radio key={one} value={one} label={meanings[one]} />
            ))}
        </RadioGroup>
      </Field>
      {offered.length > 1 && (
        <Field label="Because of">
          <Select value={chosen ?? ''} onChange={(_, data) => setReason(data.value)}>
            {offered.map((one) => (
              <option key={one} value={one}>
                {words(one)}
              </option>
            ))}
          </Select>
        </Field>
      )}
      {found.length > 0 && (
        <Field label="Determination" hint="What it was, closer">
          <Select value={said ?? ''} onChange={(_, data) => setDetermination(data.value)}>
            <option value="">Not said</option>
            {found.map((one) => (
              <option key={one} value={one}>
                {words(one)}
              </option>
            ))}
          </Select>
        </Field>
      )}
      <Field label="Comment" hint="For whoever looks at the next one like it">
        <Textarea value={comment} maxLength={30_000} onChange={(_, data) => setComment(data.value)} />
      </Field>
    </FormDialog>
  );
}

function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly T[];
  shown: ReactNode;
  render: (option: T) => ReactNode;
  onChange: (value: T) => void;
  why: string | undefined;
  disabled: boolean;
}): ReactElement {
  return (
    <Menu checkedValues={{ value: [props.value] }}>
      <MenuTrigger disableButtonEnhancement>
        <RefusableButton
          why={props.why}
          size="small"
          icon={<ChevronDownRegular />}
          iconPosition="after"
          disabled={props.disabled}
          aria-label={`${props.label}: ${props.value}`}
        >
          {props.shown}
        </RefusableButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {props.options.map((option) => (
            <MenuItemRadio key={option} name="value" value={option} onClick={() => props.onChange(option)}>
              {props.render(option)}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** Whom to give it to: a person or a group. `what` names it. */
export function OwnerDialog(props: {
  what: string;
  onCancel: () => void;
  onAssign: (owner: string) => void;
}): ReactElement {
  const [owner, setOwner] = useState<string | null>(null);
  return (
    <FormDialog
      title={`Assign ${props.what}`}
      submit="Assign"
      ready={owner !== null}
      onSubmit={() => owner !== null && props.onAssign(owner)}
      onClose={props.onCancel}
    >
      <Field label="To a person or a group">
        <PersonPicker label="To a person or a group" value={owner} onChange={setOwner} />
      </Field>
    </FormDialog>
  );
}

/** Status, owner and severity of an incident, each changed where it stands. */
export function ChangeControls({ incident }: { incident: Incident }): ReactElement {
  const styles = useStyles();
  const me = useMe();
  const why = useRefusal('updateIncident');
  const { mutate, isPending } = useChangeIncident(incident);
  const [asking, setAsking] = useState<'close' | 'owner'>();
  const change = (body: IncidentChange): void => {
    setAsking(undefined);
    mutate({ change: body });
  };
  const disabled = isPending;
  const asked = (what: 'close' | 'owner') => (): void => {
    if (why === undefined && !disabled) setAsking(what);
  };
  usePageKey('a', asked('owner'));
  usePageKey('s', () => {
    if (why !== undefined || disabled) return;
    if (incident.status === 'New') change({ status: 'Active' });
    else if (incident.status === 'Active') setAsking('close');
    else change({ status: 'Active' });
  });
  return (
    <div className={styles.root} role="group" aria-label="Change the incident">
      <Choice
        label="Status"
        value={incident.status}
        options={IncidentStatus.options}
        shown={<IncidentStatusLabel status={incident.status} />}
        render={(status) => status}
        why={why}
        disabled={disabled}
        onChange={(status) => {
          if (status === incident.status) return;
          if (status === 'Closed') setAsking('close');
          else change({ status });
        }}
      />
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <RefusableButton
            why={why}
            size="small"
            icon={<ChevronDownRegular />}
            iconPosition="after"
            disabled={disabled}
          >
            <Owner owner={incident.owner} />
          </RefusableButton>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem
              disabled={incident.owner === me.userPrincipalName}
              onClick={() => change({ owner: me.userPrincipalName })}
            >
              Assign to me
            </MenuItem>
            <MenuItem onClick={() => setAsking('owner')}>Assign to someone…</MenuItem>
            <MenuItem disabled={incident.owner === null} onClick={() => change({ owner: null })}>
              Unassign
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <Choice
        label="Severity"
        value={incident.severity}
        options={SeverityEnum.options}
        shown={<Severity severity={incident.severity} />}
        render={(severity) => <Severity severity={severity} />}
        why={why}
        disabled={disabled}
        onChange={(severity) => severity !== incident.severity && change({ severity })}
      />
      {asking === 'close' && (
        <CloseDialog what={`incident ${incident.number}`} onCancel={() => setAsking(undefined)} onClose={change} />
      )}
      {asking === 'owner' && (
        <OwnerDialog
          what={`incident ${incident.number}`}
          onCancel={() => setAsking(undefined)}
          onAssign={(owner) => change({ owner })}
        />
      )}
    </div>
  );
}
