import { ConnectorDraft, type Connector, type ConnectorKind } from '@sallyport/contracts';
import { useMemo, useState } from 'react';
import { isTimeZone } from '../../../shared/TimeZoneInput.tsx';
import {
  faultsOf,
  initialValues,
  secretFields,
  settingFields,
  settingsOf,
  valuesOf,
  type Field,
  type Value,
  type Values,
} from './fields.ts';

/** A connector while a person writes it. */
export interface Draft {
  readonly kind: ConnectorKind;
  readonly name: string;
  readonly stream: string;
  /** Of times in the logs that say none. */
  readonly timeZone: string;
  /** Null: the first. */
  readonly workspaceId: string | null;
  readonly intervalSeconds: number;
  readonly enabled: boolean;
  readonly fields: readonly Field[];
  readonly secretFields: readonly Field[];
  readonly values: Values;
  readonly secrets: Values;
  /** By field; of `name` and `timeZone` too. */
  readonly faults: Readonly<Record<string, string>>;
  setKind(kind: ConnectorKind): void;
  setName(name: string): void;
  setStream(stream: string): void;
  readonly setTimeZone: (zone: string) => void;
  readonly setWorkspaceId: (id: string | null) => void;
  setInterval(seconds: number): void;
  setEnabled(enabled: boolean): void;
  set(field: string, value: Value): void;
  setSecret(field: string, value: Value): void;
  /** Whether it can be sent; from then on empty fields are told as well. */
  check(): boolean;
  /** What the server takes. Only after `check`. */
  body(): ConnectorDraft;
}

export function useDraft(connector: Connector | undefined): Draft {
  const [kind, setKind] = useState<ConnectorKind>(connector?.kind ?? 's3');
  const [name, setName] = useState(connector?.name ?? '');
  const [stream, setStream] = useState(connector?.stream ?? '');
  const [timeZone, setTimeZone] = useState(connector?.timeZone ?? 'UTC');
  const [workspaceId, setWorkspaceId] = useState(connector?.workspaceId ?? null);
  const [intervalSeconds, setInterval] = useState(connector?.intervalSeconds ?? 300);
  const [enabled, setEnabled] = useState(connector?.enabled ?? true);
  const fields = useMemo(() => settingFields(kind), [kind]);
  const secretsOfKind = useMemo(() => secretFields(kind), [kind]);
  const [values, setValues] = useState<Values>(() =>
    connector ? valuesOf(settingFields(connector.kind), connector.settings) : initialValues(settingFields('s3')),
  );
  const [secrets, setSecrets] = useState<Values>({});
  const [asked, setAsked] = useState(false);
  const faultsFor = (all: boolean): Record<string, string> => ({
    ...faultsOf(kind, fields, values, all),
    ...(all && name.trim() === '' ? { name: 'This is needed' } : {}),
    ...(isTimeZone(timeZone) ? {} : { timeZone: 'No time zone' }),
  });
  return {
    kind,
    name,
    stream,
    timeZone,
    workspaceId,
    intervalSeconds,
    enabled,
    fields,
    secretFields: secretsOfKind,
    values,
    secrets,
    faults: faultsFor(asked),
    setKind: (next) => {
      setKind(next);
      setValues(initialValues(settingFields(next)));
      setSecrets({});
      setAsked(false);
    },
    setName,
    setStream,
    setTimeZone,
    setWorkspaceId,
    setInterval,
    setEnabled,
    set: (field, value) => setValues((before) => ({ ...before, [field]: value })),
    setSecret: (field, value) => setSecrets((before) => ({ ...before, [field]: value })),
    check: () => {
      setAsked(true);
      return Object.keys(faultsFor(true)).length === 0;
    },
    body: () =>
      ConnectorDraft.parse({
        kind,
        name: name.trim(),
        stream: stream.trim() === '' || kind === 'imap' ? null : stream.trim(),
        timeZone,
        workspaceId,
        intervalSeconds,
        enabled,
        settings: settingsOf(fields, values),
        secrets: Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== '')),
      }),
  };
}
