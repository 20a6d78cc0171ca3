/** What each detection must and must not tell of: rows of a fortnight, for its test. */

export type Row = Readonly<Record<string, unknown>>;
export interface Plant {
  /** Who is found. */
  readonly fires: string;
  /** Who is not: the nearest thing to it that is none. */
  readonly quiet: string;
  readonly rows: (put: Put) => void;
}
/** Puts a row `hours` before the end of the window. */
export type Put = (table: string, hours: number, row: Row) => void;

export const places = {
  home: '203.0.113.10',
  otherHome: '203.0.113.11',
  office: '203.0.113.99',
  panama: '198.51.100.66',
  singapore: '198.51.100.130',
  hosting: '198.51.100.200',
  tor: '192.0.2.66',
  actor: '192.0.2.77',
  bad: '192.0.2.88',
  infected: '192.0.2.99',
  sprayer: '192.0.2.111',
} as const;
const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
const upn = (name: string): string => `${name}@contoso.com`;
let serial = 0;
const id = (): string => `row-${++serial}`;

export const entra = (name: string, more: Row = {}): Row => ({
  Id: id(),
  UserPrincipalName: upn(name),
  UserId: '',
  ResultType: '0',
  IPAddress: places.home,
  UserAgent: chrome,
  AppDisplayName: 'Office 365',
  IsInteractive: true,
  SourceSystem: 'Azure AD',
  ...more,
});
const okta = (name: string, more: Row = {}): Row => ({
  EventOriginalType: 'user.session.start',
  EventOriginalUid: id(),
  ActorUsername: upn(name),
  ActorUsernameType: 'UPN',
  EventResult: 'Success',
  SrcIpAddr: places.home,
  HttpUserAgent: chrome,
  ...more,
});
const aws = (name: string, more: Row = {}): Row => ({
  EventName: 'ConsoleLogin',
  EventSource: 'signin.amazonaws.com',
  AwsEventId: id(),
  UserIdentityType: 'AssumedRole',
  UserIdentityUserName: upn(name),
  UserIdentityPrincipalid: `AROA:${upn(name)}`,
  SourceIpAddress: places.home,
  UserAgent: chrome,
  ...more,
});
const office = (name: string, Operation: string, more: Row = {}): Row => ({
  OfficeId: id(),
  UserId: upn(name),
  UserType: 'Regular',
  Operation,
  OfficeWorkload: 'Exchange',
  ResultStatus: 'True',
  ClientIP: places.home,
  ...more,
});
const indicator = (value: string, more: Row): Row => ({
  Id: `indicator--${value}`,
  ObservableKey: 'ipv4-addr:value',
  ObservableValue: value,
  IsActive: true,
  Confidence: 60,
  SourceSystem: 'feed',
  ...more,
});
const rule = (parameters: Readonly<Record<string, string>>): Row => ({
  Parameters: JSON.stringify(Object.entries(parameters).map(([Name, Value]) => ({ Name, Value }))),
});

/** Twelve ordinary days. */
const usual = (put: Put, name: string, more: Row = {}): void => {
  for (let day = 1; day <= 12; day++) put('SigninLogs', 24 * day + 2, entra(name, more));
};
const fails = (put: Put, address: string, accounts: number, hours: number): void => {
  for (let n = 0; n < accounts; n++)
    put(
      'SigninLogs',
      hours,
      entra(`tried${n}`, { IPAddress: address, ResultType: '50126', UserAgent: 'python-requests/2' }),
    );
};

/** By riskEventType. */
export const plants: Readonly<Record<string, Plant>> = {
  unlikelyTravel: {
    fires: 'traveller',
    quiet: 'commuter',
    rows: (put) => {
      usual(put, 'traveller');
      put('SigninLogs', 3, entra('traveller'));
      put('OktaV2_CL', 1, okta('traveller', { SrcIpAddr: '198.51.100.70' }));
      // Has been there before.
      usual(put, 'commuter');
      put('SigninLogs', 100, entra('commuter', { IPAddress: '198.51.100.70' }));
      put('SigninLogs', 3, entra('commuter'));
      put('SigninLogs', 1, entra('commuter', { IPAddress: '198.51.100.70' }));
    },
  },
  impossibleTravel: {
    fires: 'beamed',
    quiet: 'flown',
    rows: (put) => {
      put('SigninLogs', 2, entra('beamed'));
      put('SigninLogs', 1, aws2signIn('beamed'));
      put('SigninLogs', 20, entra('flown'));
      put('SigninLogs', 1, entra('flown', { IPAddress: '198.51.100.141' }));
    },
  },
  mcasImpossibleTravel: {
    fires: 'clouded',
    quiet: 'clear',
    rows: (put) => {
      put('OfficeActivity', 2, office('clouded', 'FileAccessed'));
      put('AWSCloudTrail', 1, aws('clouded', { EventName: 'ListBuckets', SourceIpAddress: places.singapore }));
      put('OfficeActivity', 2, office('clear', 'FileAccessed'));
      put('AWSCloudTrail', 1, aws('clear', { EventName: 'ListBuckets', SourceIpAddress: places.otherHome }));
    },
  },
  newCountry: {
    fires: 'abroad',
    quiet: 'freshman',
    rows: (put) => {
      usual(put, 'abroad');
      put('GoogleWorkspaceReports', 1, {
        IdApplicationName: 'login',
        EventName: 'login_success',
        IdUniqueQualifier: id(),
        UserEmail: upn('abroad'),
        ActorEmail: upn('abroad'),
        SrcIpAddr: places.panama,
      });
      // Nothing is learned of who is new.
      put('SigninLogs', 26, entra('freshman'));
      put('SigninLogs', 1, entra('freshman', { IPAddress: places.panama }));
    },
  },
  maliciousIPAddress: {
    fires: 'lured',
    quiet: 'careful',
    rows: (put) => {
      put(
        'ThreatIntelIndicators',
        300,
        indicator(places.bad, { Data: { name: 'bad host', indicator_types: ['malicious-activity'] } }),
      );
      put('SigninLogs', 1, entra('lured', { IPAddress: places.bad }));
      put('SigninLogs', 1, entra('careful', { IPAddress: places.bad, ResultType: '50126' }));
    },
  },
  suspiciousIPAddress: {
    fires: 'guessed',
    quiet: 'forgetful',
    rows: (put) => {
      for (let n = 0; n < 12; n++)
        put('SigninLogs', 1.2, entra('guessed', { IPAddress: places.hosting, ResultType: '50126' }));
      put('SigninLogs', 1, entra('guessed', { IPAddress: places.hosting }));
      for (let n = 0; n < 3; n++) put('SigninLogs', 1.2, entra('forgetful', { ResultType: '50126' }));
      put('SigninLogs', 1, entra('forgetful'));
    },
  },
  malwareInfectedIPAddress: {
    fires: 'infected',
    quiet: 'traveller',
    rows: (put) => {
      put('ThreatIntelIndicators', 300, indicator(places.infected, { Data: { name: 'Mirai', labels: ['botnet'] } }));
      put('SigninLogs', 1, entra('infected', { IPAddress: places.infected }));
    },
  },
  anonymizedIPAddress: {
    fires: 'hidden',
    quiet: 'lured',
    rows: (put) => {
      put(
        'ThreatIntelIndicators',
        300,
        indicator(places.tor, { Data: { name: 'Tor exit', indicator_types: ['anonymization'] } }),
      );
      put('OktaV2_CL', 1, okta('hidden', { SrcIpAddr: places.tor }));
    },
  },
  nationStateIP: {
    fires: 'targeted',
    quiet: 'lured',
    rows: (put) => {
      put(
        'ThreatIntelIndicators',
        300,
        indicator(places.actor, { Data: { name: 'Midnight Something', indicator_types: ['attribution'] } }),
      );
      put('AWSCloudTrail', 1, aws('targeted', { SourceIpAddress: places.actor }));
    },
  },
  investigationsThreatIntelligence: {
    fires: 'known',
    quiet: 'lured',
    rows: (put) => {
      put(
        'ThreatIntelIndicators',
        300,
        indicator('evilginx/3', {
          ObservableKey: 'http-request-ext:request_header.User-Agent',
          Confidence: 95,
          Data: { name: 'AiTM kit' },
        }),
      );
      put('SigninLogs', 1, entra('known', { UserAgent: 'evilginx/3' }));
    },
  },
  passwordSpray: {
    fires: 'sprayed',
    quiet: 'tried1',
    rows: (put) => {
      fails(put, places.sprayer, 15, 1.5);
      // The password was right, the second factor was not given.
      put('SigninLogs', 1, entra('sprayed', { IPAddress: places.sprayer, ResultType: '50074' }));
    },
  },
  suspiciousBrowser: {
    fires: 'browsed1',
    quiet: 'beamed',
    rows: (put) => {
      [places.home, places.panama, places.singapore].forEach((IPAddress, n) =>
        put('SigninLogs', 1.5 - n / 10, entra(`browsed${n + 1}`, { IPAddress, UserAgent: 'OddBrowser/1.0' })),
      );
    },
  },
  anomalousToken: {
    fires: 'replayed',
    quiet: 'roaming',
    rows: (put) => {
      put('SigninLogs', 2, entra('replayed', { SessionId: 'session-1' }));
      put(
        'AADNonInteractiveUserSignInLogs',
        1,
        entra('replayed', { SessionId: 'session-1', IPAddress: places.panama, UserAgent: 'curl/8' }),
      );
      // The same browser, by another network.
      put('SigninLogs', 2, entra('roaming', { SessionId: 'session-2' }));
      put('AADNonInteractiveUserSignInLogs', 1, entra('roaming', { SessionId: 'session-2', IPAddress: places.panama }));
    },
  },
  attackerinTheMiddle: {
    fires: 'phished1',
    quiet: 'alone',
    rows: (put) => {
      for (const n of [1, 2]) {
        put('SigninLogs', 1.2, entra(`phished${n}`, { SessionId: `phish-${n}`, IPAddress: places.hosting }));
        put(
          'AADNonInteractiveUserSignInLogs',
          1,
          entra(`phished${n}`, { SessionId: `phish-${n}`, IPAddress: places.otherHome }),
        );
      }
      put('SigninLogs', 1.2, entra('alone', { SessionId: 'single', IPAddress: '203.0.113.55' }));
      put('AADNonInteractiveUserSignInLogs', 1, entra('alone', { SessionId: 'single', IPAddress: places.otherHome }));
    },
  },
  tokenIssuerAnomaly: {
    fires: 'forged',
    quiet: 'federated',
    rows: (put) => {
      for (const name of ['forged', 'federated'])
        usual(put, name, { TokenIssuerName: 'https://adfs.contoso.com', TokenIssuerType: 'ADFederationServices' });
      put(
        'SigninLogs',
        1,
        entra('forged', { TokenIssuerName: 'https://adfs.evil.example', TokenIssuerType: 'ADFederationServices' }),
      );
      put(
        'SigninLogs',
        1,
        entra('federated', { TokenIssuerName: 'https://adfs.contoso.com', TokenIssuerType: 'ADFederationServices' }),
      );
    },
  },
  generic: {
    fires: 'told',
    quiet: 'untold',
    rows: (put) => {
      put('OktaV2_CL', 1, okta('told', { DebugData: '{"risk":"{reasons=Anomalous Location, level=HIGH}"}' }));
      put('OktaV2_CL', 1, okta('untold', { DebugData: '{"risk":"{level=LOW}"}' }));
    },
  },
  riskyIPAddress: {
    fires: 'shy',
    quiet: 'clear',
    rows: (put) => put('OfficeActivity', 1, office('shy', 'FileAccessed', { ClientIP: places.tor })),
  },
  mcasFinSuspiciousFileAccess: {
    fires: 'hoarder',
    quiet: 'accountant',
    rows: (put) => {
      const open = (name: string, hours: number, n: number): void =>
        put(
          'OfficeActivity',
          hours,
          office(name, 'FileDownloaded', {
            SourceFileName: `salary-${n}.xlsx`,
            OfficeObjectId: `https://sp/${name}/${n}`,
          }),
        );
      for (let n = 0; n < 60; n++) {
        open('hoarder', 1, n);
        open('accountant', 1, n);
        open('accountant', 50, n);
      }
    },
  },
  suspiciousInboxForwarding: {
    fires: 'forwarded',
    quiet: 'colleague',
    rows: (put) => {
      put(
        'OfficeActivity',
        1,
        office('forwarded', 'New-InboxRule', rule({ ForwardTo: 'drop@evil.example', Name: 'x' })),
      );
      put(
        'OfficeActivity',
        1,
        office('colleague', 'New-InboxRule', rule({ ForwardTo: 'deputy@contoso.com', Name: 'holiday' })),
      );
    },
  },
  mcasSuspiciousInboxManipulationRules: {
    fires: 'silenced',
    quiet: 'tidy',
    rows: (put) => {
      put(
        'OfficeActivity',
        1,
        office('silenced', 'New-InboxRule', rule({ Name: '.', DeleteMessage: 'True', SubjectContainsWords: 'hack' })),
      );
      put(
        'OfficeActivity',
        1,
        office('tidy', 'New-InboxRule', rule({ Name: 'Newsletters', MoveToFolder: 'News', From: 'news@shop.example' })),
      );
    },
  },
  anomalousUserActivity: {
    fires: 'odd',
    quiet: 'slightlyodd',
    rows: (put) => {
      const anomaly = (name: string, Score: number): void =>
        put('Anomalies', 1, {
          Id: id(),
          RuleStatus: 'Production',
          AnomalyTemplateName: 'Anomalous Azure operations',
          UserPrincipalName: upn(name),
          Score,
          Description: 'unlike before',
        });
      anomaly('odd', 0.97);
      anomaly('slightlyodd', 0.5);
    },
  },
  attemptedPrtAccess: {
    fires: 'robbed',
    quiet: 'browsing',
    rows: (put) => {
      const started = (name: string, InitiatingProcessFileName: string): void =>
        put('DeviceProcessEvents', 1, {
          ActionType: 'ProcessCreated',
          DeviceName: `lt-${name}`,
          FileName: 'BrowserCore.exe',
          InitiatingProcessFileName,
          AccountUpn: upn(name),
        });
      started('robbed', 'powershell.exe');
      started('browsing', 'chrome.exe');
    },
  },
  suspiciousAPITraffic: {
    fires: 'crawler',
    quiet: 'reader',
    rows: (put) => {
      const kinds = ['users', 'groups', 'servicePrincipals', 'applications', 'devices', 'domains'];
      for (let n = 0; n < 120; n++)
        put('MicrosoftGraphActivityLogs', 1, {
          UserId: upn('crawler'),
          RequestMethod: 'GET',
          ResponseStatusCode: 200,
          IPAddress: places.home,
          RequestUri: `https://graph.microsoft.com/v1.0/${kinds[n % kinds.length]}?$top=999`,
        });
      for (let n = 0; n < 120; n++)
        put('MicrosoftGraphActivityLogs', 1, {
          UserId: upn('reader'),
          RequestMethod: 'GET',
          ResponseStatusCode: 200,
          IPAddress: places.home,
          RequestUri: 'https://graph.microsoft.com/v1.0/me/messages',
        });
    },
  },
  suspiciousSendingPatterns: {
    fires: 'spammer',
    quiet: 'writer',
    rows: (put) => {
      const send = (name: string, hours: number, n: number): void =>
        put('EmailEvents', hours, {
          EmailDirection: 'Outbound',
          SenderFromAddress: upn(name),
          RecipientEmailAddress: `stranger${n}@elsewhere.example`,
        });
      for (let n = 0; n < 110; n++) send('spammer', 1, n);
      for (let n = 0; n < 20; n++) send('writer', 1, n);
    },
  },
  userReportedSuspiciousActivity: {
    fires: 'reporter',
    quiet: 'mistyped',
    rows: (put) => {
      put(
        'SigninLogs',
        1,
        entra('reporter', {
          ResultType: '500121',
          AuthenticationDetails: '[{"authenticationStepResultDetail":"MFA denied; phone app reported fraud"}]',
        }),
      );
      put(
        'SigninLogs',
        1,
        entra('mistyped', {
          ResultType: '500121',
          AuthenticationDetails: '[{"authenticationStepResultDetail":"Wrong code"}]',
        }),
      );
    },
  },
  suspiciousSignins: {
    fires: 'sp-stolen',
    quiet: 'sp-quiet',
    rows: (put) => {
      const signIn = (ServicePrincipalId: string, hours: number, IPAddress: string): void =>
        put('AADServicePrincipalSignInLogs', hours, {
          Id: id(),
          ServicePrincipalId,
          ServicePrincipalName: ServicePrincipalId,
          AppId: `app-${ServicePrincipalId}`,
          ResultType: '0',
          IPAddress,
        });
      for (const name of ['sp-stolen', 'sp-quiet'])
        for (let day = 1; day <= 8; day++) signIn(name, 24 * day, places.home);
      signIn('sp-stolen', 1, places.singapore);
      signIn('sp-quiet', 1, places.otherHome);
    },
  },
  anomalousServicePrincipalActivity: {
    fires: 'sp-changed',
    quiet: 'sp-same',
    rows: (put) => {
      const change = (name: string, hours: number, OperationName: string): void =>
        put('AuditLogs', hours, {
          Id: id(),
          OperationName,
          Result: 'success',
          InitiatedBy: { app: { servicePrincipalId: name, displayName: name, appId: `app-${name}` } },
        });
      for (const name of ['sp-changed', 'sp-same'])
        for (let day = 1; day <= 8; day++) change(name, 24 * day, 'Add owner to group');
      change('sp-changed', 1, 'Add service principal credentials');
      change('sp-same', 1, 'Add owner to group');
    },
  },
};

/** The same person's second sign-in, as Sallyport itself writes it. */
const aws2signIn = (name: string): Row => entra(name, { IPAddress: '198.51.100.140', SourceSystem: 'Sallyport' });
