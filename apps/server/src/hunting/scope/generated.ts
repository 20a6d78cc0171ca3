import type { EstateRow } from './testing.ts';

/** Queries of somebody who wants rows that are not theirs. Tests only. */
export interface Generated {
  readonly text: string;
  /** False: which rows it gives, or whether it may be asked at all, is not the same over a lake without the other rows. */
  readonly exact: boolean;
}

/** mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Source {
  readonly text: string;
  /** Text columns that it surely has, and those that are dynamic. */
  readonly texts: readonly string[];
  readonly bags?: readonly string[];
  readonly exact?: false;
  /** Nothing may follow. */
  readonly alone?: true;
}

const textsOf: Readonly<Record<string, readonly string[]>> = {
  Syslog: ['Computer', 'SyslogMessage', 'Facility', 'HostName', 'ProcessName'],
  SecurityEvent: ['Computer', 'Account', 'Activity', 'CommandLine', 'DeviceId'],
  DeviceProcessEvents: ['DeviceName', 'FileName', 'ProcessCommandLine', 'MachineGroup', 'DeviceId'],
  DeviceInfo: ['DeviceName', 'OSPlatform', 'MachineGroup', 'DeviceId'],
  IdentityInfo: ['AccountUPN', 'AccountName', 'Department'],
  SecurityAlert: ['AlertName', 'Entities', 'ProductName', 'Description'],
  AlertInfo: ['Title', 'Category', 'ServiceSource'],
  AlertEvidence: ['Title', 'EntityType', 'DeviceName', 'AlertId'],
  BehaviorInfo: ['Description', 'ActionType', 'BehaviorId'],
  BehaviorEntities: ['EntityType', 'FileName', 'DeviceId'],
  SecurityIncident: ['Title', 'Status'],
  EmailEvents: ['Subject', 'SenderFromAddress', 'RecipientEmailAddress'],
  CommonSecurityLog: ['Computer', 'Message', 'DeviceVendor', 'DeviceName'],
  SigninLogs: ['UserPrincipalName', 'AppDisplayName', 'IPAddress'],
  App_CL: ['Message', 'Computer'],
};
const bagsOf: Readonly<Record<string, readonly string[]>> = {
  App_CL: ['Props'],
  DeviceProcessEvents: ['AdditionalFields'],
  SigninLogs: ['DeviceDetail', 'LocationDetails'],
};
const names = Object.keys(textsOf);
const joins = [
  'inner',
  'innerunique',
  'leftouter',
  'rightouter',
  'fullouter',
  'leftanti',
  'leftsemi',
  'rightanti',
  'rightsemi',
];

export class Attacker {
  readonly #random: () => number;
  readonly #rows: readonly EstateRow[];

  constructor(seed: number, rows: readonly EstateRow[]) {
    this.#random = randomFrom(seed);
    this.#rows = rows;
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }
  #of<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }
  /** The word of some row, seen or not. */
  #word(): string {
    return this.#of(this.#rows).token;
  }
  #plain(): Source {
    const name = this.#of(names);
    const place = this.#below(8) === 0 ? "workspace('other')." : '';
    return { text: `${place}${name}`, texts: textsOf[name]!, ...(bagsOf[name] ? { bags: bagsOf[name] } : {}) };
  }

  #source(): Source {
    const [a, b] = [this.#plain(), this.#plain()];
    const key = this.#of(a.texts);
    const makers: readonly (() => Source)[] = [
      () => a,
      () => a,
      () => a,
      () => ({ text: `union ${a.text}, ${b.text}`, texts: a.texts }),
      () => ({ text: `union withsource=From ${this.#of(['S*', 'Device*', '*', 'A*', '*Info'])}`, texts: ['From'] }),
      () => ({ text: 'union *', texts: ['Type'] }),
      () => ({ text: `search ${this.#quoted()}`, texts: ['$table'] }),
      () => ({ text: `search in (${a.text}, ${b.text}) ${this.#quoted()}`, texts: ['$table'] }),
      () => ({
        text: `find in (${this.#of(names)}, ${this.#of(names)}) where TimeGenerated > datetime(2020-01-01) and * has ${this.#quoted()}`,
        texts: ['source_'],
      }),
      () => ({
        text: this.#of([
          'AllSyslog()',
          'EverySource()',
          'AnyTable()',
          'Elsewhere()',
          "_Im_Process('out1')",
          '_Im_Process()',
        ]),
        texts: ['Type'],
      }),
      () => ({
        text: `let v = materialize(${a.text} | where isnotempty(${key})); union v, (v | where ${key} has ${this.#quoted()})`,
        texts: a.texts,
      }),
      () => ({
        text: `let f = (x:string) { ${a.text} | where ${key} contains x }; f(${this.#quoted()})`,
        texts: a.texts,
      }),
      () => ({
        text: `print x = toscalar(${a.text} | count), y = toscalar(${b.text} | summarize max(tostring(${this.#of(b.texts)})))`,
        texts: ['y'],
      }),
      () => ({
        text: `print x = array_sort_asc(toscalar(union ${a.text}, ${b.text} | summarize make_set(Type)))`,
        texts: [],
        alone: true,
      }),
      () => ({
        text: `${a.text} | project K = ${key}, T1 = TimeGenerated | join kind=${this.#of(joins)} (${b.text} | project K = ${this.#of(b.texts)}, T2 = TimeGenerated) on K`,
        texts: ['K'],
        exact: false,
      }),
      () => ({
        text: `${a.text} | project K = ${key}, T1 = TimeGenerated | join kind=${this.#of(['inner', 'leftouter', 'fullouter', 'leftanti', 'leftsemi'])} (${b.text} | distinct K = ${this.#of(b.texts)}) on K`,
        texts: ['K'],
      }),
      () => ({
        text: `${a.text} | lookup kind=leftouter (${b.text} | summarize N = count() by ${key} = ${this.#of(b.texts)}) on ${key}`,
        texts: [key],
      }),
      () => ({ text: `${a.text} | where ${key} in ((${b.text} | project ${this.#of(b.texts)}))`, texts: a.texts }),
      () => ({
        text: `${a.text} | where ${key} !in ((${b.text} | where ${this.#of(b.texts)} has ${this.#quoted()} | project Computer = ${this.#of(b.texts)}))`,
        texts: a.texts,
      }),
      () => ({ text: "_GetWatchlist('secret')", texts: ['SearchKey'], exact: false }),
      () => ({
        text: `${a.text} | extend W = toscalar(_GetWatchlist('secret') | summarize max(Note))`,
        texts: a.texts,
        exact: false,
      }),
      () => ({
        text: `print i = identity_info(${this.#quoted()}), d = device_info('${this.#of(['in1', 'out1', 'dev-out1'])}')`,
        texts: [],
        exact: false,
        alone: true,
      }),
      () => ({
        text: `datatable(K:string)[${this.#quoted()}, 'in1', 'out1'] | join kind=inner (${a.text} | project K = ${key}) on K`,
        texts: ['K'],
      }),
      () => ({ text: `${a.text} | project ${key} | as hint.materialized=true X | union X`, texts: [key] }),
      () => ({ text: `database('other').${this.#of(names)}`, texts: ['Type'] }),
      () => ({ text: `union isfuzzy=true ${a.text}, workspace('hidden').Syslog, NoSuchTable`, texts: a.texts }),
    ];
    return this.#of(makers)();
  }

  #quoted(): string {
    return this.#of([
      () => `"${this.#word()}"`,
      () => '"zq"',
      () => '"word1"',
      () => `"${this.#of(['in1', 'out1'])}"`,
    ])();
  }

  #step({ texts, bags = [] }: Source): { readonly text: string; readonly exact?: false; readonly ends?: true } {
    const column = this.#of(texts);
    const bag = bags.length > 0 ? this.#of(bags) : undefined;
    const steps: readonly (() => { text: string; exact?: false; ends?: true })[] = [
      () => ({
        text: `where ${column} ${this.#of(['has', 'contains', 'startswith', '!has', '!contains', 'endswith', '==', '!=', '=~'])} ${this.#quoted()}`,
      }),
      () => ({ text: `where ${column} matches regex @"zq[0-9a-z]{3}q"` }),
      () => ({ text: `where assert(${column} !contains ${this.#quoted()}, "told")` }),
      () => ({
        text: `extend E = strcat(${column}, '|', Type) | where assert(not(E contains ${this.#quoted()}), "told")`,
      }),
      () => ({ text: `where TenantId == '${this.#of(['', 'x'])}' or isnotempty(TenantId)` }),
      () => ({ text: `where Type in ('Syslog', 'SecurityEvent', 'SecurityAlert')` }),
      () => ({ text: `where TimeGenerated > datetime(2026-11-01 11:5${this.#below(10)})` }),
      () => ({ text: `where ingestion_time() > datetime(2020-01-01)` }),
      () => ({ text: `extend L = strlen(${column}), U = toupper(${column})` }),
      () => ({ text: `summarize N = count(), D = dcount(${column}) by Type`, ends: true }),
      () => ({ text: `summarize S = array_sort_asc(make_set(${column})), X = max(${column})`, ends: true }),
      () => ({ text: `summarize N = count() by ${column}, bin(TimeGenerated, 5m)`, ends: true }),
      () => ({
        text: `summarize L = array_sort_asc(make_list(strcat(${column}, 'x'))), C = countif(${column} has ${this.#quoted()})`,
        ends: true,
      }),
      () => ({ text: `count`, ends: true }),
      () => ({ text: `distinct ${column}`, ends: true }),
      () => ({ text: `getschema | project ColumnName, ColumnType`, ends: true }),
      () => ({ text: `top 3 by ${column} desc | project ${column}`, ends: true }),
      () => ({ text: `take 2`, exact: false, ends: true }),
      () => ({ text: `sample 2`, exact: false, ends: true }),
      () => ({ text: `summarize arg_max(TimeGenerated, *) by ${column}`, exact: false }),
      () => ({
        text: `make-series N = count() on TimeGenerated from datetime(2026-11-01 11:30) to datetime(2026-11-01 12:30) step 10m by ${column}`,
        ends: true,
      }),
      () => ({ text: `partition by Type (summarize N = count() by Type)`, ends: true }),
      () => ({ text: `parse ${column} with Head:string " " Tail:string | project Head, Tail`, ends: true }),
      () => ({ text: `project P = pack_all()`, exact: false, ends: true }),
      () => ({ text: `evaluate pivot(${column}, count())`, exact: false, ends: true }),
      () => ({ text: `project Type | evaluate autocluster()`, exact: false, ends: true }),
      () => ({
        text: `sort by ${column} asc | extend R = row_number(), P = prev(${column}) | project R, P`,
        exact: false,
        ends: true,
      }),
      ...(bag === undefined
        ? []
        : [
            () => ({ text: `mv-expand K = bag_keys(${bag}) to typeof(string) | summarize by K`, ends: true as const }),
            () => ({ text: `project ${bag} | evaluate bag_unpack(${bag})`, ends: true as const }),
            () => ({ text: `summarize S = buildschema(${bag})`, exact: false as const, ends: true as const }),
            () => ({
              text: `extend V = tostring(${bag}['k${this.#word()}']) | where isnotempty(V) | project V`,
              ends: true as const,
            }),
            () => ({ text: `where ${bag} has ${this.#quoted()} | project tostring(${bag})`, ends: true as const }),
          ]),
    ];
    return this.#of(steps)();
  }

  next(): Generated {
    const source = this.#source();
    let { text, exact = true } = source as { text: string; exact?: boolean };
    if (source.alone || source.texts.length === 0) return { text, exact };
    const count = this.#below(4);
    for (let i = 0; i < count; i++) {
      const step = this.#step(source);
      text += ` | ${step.text}`;
      if (step.exact === false) exact = false;
      if (step.ends) break;
    }
    return { text, exact };
  }
}
