import {
  abroad,
  account,
  audit,
  aws,
  azure,
  dns,
  flow,
  google,
  logon,
  office,
  okta,
  person,
  signIn,
  vpn,
  type Put,
} from './testing.ts';

const times = (count: number, make: (i: number) => void): void => {
  for (let i = 0; i < count; i++) make(i);
};
/** A name as a program makes it, another for each seed. */
function letters(seed: number, length: number): string {
  let state = seed * 2_654_435_761;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 'bcdfghjkqxzwvtr7394'[(state >>> 16) % 19];
  }).join('');
}

/** What stands out, by the slug of the anomaly that must tell of it: rows, and who or what it is told of. */
export const plants: Readonly<Record<string, { readonly of: string; readonly plant: (put: Put) => void }>> = {
  'account-access-removal': { of: person(7), plant: (put) => put('AuditLogs', 10, audit(7, 'Disable account')) },
  'account-creation': { of: person(7), plant: (put) => put('AuditLogs', 10.1, audit(7, 'Add user', 'x@contoso.com')) },
  'account-deletion': { of: person(7), plant: (put) => put('AuditLogs', 10.2, audit(7, 'Delete user')) },
  'account-manipulation': {
    of: person(8),
    plant: (put) => put('AuditLogs', 10.3, audit(8, 'Admin registered security info')),
  },
  'password-reset': { of: person(7), plant: (put) => put('AuditLogs', 10.4, audit(7, 'Reset user password')) },
  'privilege-granted': { of: person(7), plant: (put) => put('AuditLogs', 10.5, audit(7, 'Add member to role')) },
  'gcp-activity': {
    of: person(5),
    plant: (put) =>
      times(5, (i) => put('GCPAuditLogs', 11 + i / 60, google(5, 'iam', 'google.iam.admin.v1.SetIamPolicy', 7))),
  },
  'okta-activity': { of: person(8), plant: (put) => put('OktaV2_CL', 11, okta(8, 'user.mfa.factor.deactivate')) },
  'okta-mfa-failures': {
    of: person(9),
    plant: (put) => times(6, (i) => put('OktaV2_CL', 11 + i / 60, okta(9, 'user.mfa.okta_verify', 'FAILURE'))),
  },
  authentication: {
    of: 'deploy',
    plant: (put) =>
      put('AADServicePrincipalSignInLogs', 3.5, {
        ServicePrincipalName: 'deploy',
        ServicePrincipalId: 'sp-1',
        ResultType: '0',
        IPAddress: abroad,
        Location: 'PA',
        ResourceDisplayName: 'Microsoft Graph',
      }),
  },
  'code-execution': {
    of: person(9),
    plant: (put) => put('AzureActivity', 12, azure(9, 'Microsoft.Compute/virtualMachines/runCommand/action')),
  },
  'data-destruction': {
    of: person(10),
    plant: (put) =>
      times(4, (i) => put('AzureActivity', 12 + i / 60, azure(10, 'Microsoft.Storage/storageAccounts/delete'))),
  },
  'defensive-mechanism-modification': {
    of: person(11),
    plant: (put) =>
      put('AzureActivity', 12.2, azure(11, 'Microsoft.Network/networkSecurityGroups/securityRules/delete')),
  },
  'azure-operations': {
    of: person(12),
    plant: (put) =>
      [
        'Microsoft.KeyVault/vaults/secrets/read',
        'Microsoft.Storage/storageAccounts/listKeys/action',
        'Microsoft.Web/sites/publishxml/action',
        'Microsoft.Compute/snapshots/write',
      ].forEach((operation, i) => put('AzureActivity', 13 + i / 10, azure(12, operation))),
  },
  'aws-federated-identity': {
    of: person(4),
    plant: (put) => put('AWSCloudTrail', 13, aws(4, 'UserAuthentication', 'sso', { UserIdentityType: 'SAMLUser' })),
  },
  'aws-iam-privilege-modification': {
    of: person(3),
    plant: (put) => put('AWSCloudTrail', 13, aws(3, 'CreateUser', 'iam')),
  },
  'aws-logon': {
    of: person(4),
    plant: (put) => put('AWSCloudTrail', 14.5, aws(4, 'ConsoleLogin', 'signin', { SourceIpAddress: abroad })),
  },
  'aws-secret-access': {
    of: person(3),
    plant: (put) => times(8, (i) => put('AWSCloudTrail', 13 + i / 60, aws(3, 'GetSecretValue', 'secretsmanager'))),
  },
  'aws-assume-role': { of: person(4), plant: (put) => put('AWSCloudTrail', 13.2, aws(4, 'AssumeRole', 'sts')) },
  's3-transfer': {
    of: person(4),
    plant: (put) => times(400, (i) => put('AWSCloudTrail', 15 + i / 1_000, aws(4, 'CopyObject', 's3'))),
  },
  'aws-writes': {
    of: person(3),
    plant: (put) => times(200, (i) => put('AWSCloudTrail', 15 + i / 1_000, aws(3, 'RunInstances', 'ec2'))),
  },
  'aws-calls-from-outside': {
    of: person(3),
    plant: (put) => times(500, (i) => put('AWSCloudTrail', 16 + i / 1_000, aws(3, 'DescribeInstances', 'ec2'))),
  },
  'sign-in': {
    of: person(6),
    plant: (put) =>
      put(
        'SigninLogs',
        14,
        signIn(6, {
          IPAddress: '198.51.100.5',
          Location: 'PA',
          AutonomousSystemNumber: '64511',
          DeviceDetail: { browser: 'Python' },
        }),
      ),
  },
  'unusual-region': { of: person(6), plant: () => undefined },
  'failed-sign-in': {
    of: person(11),
    plant: (put) => times(40, (i) => put('SigninLogs', 14 + i / 100, signIn(11, { ResultType: '50126' }))),
  },
  'geography-change-cloud': {
    of: person(9),
    plant: (put) => {
      put('SigninLogs', 15, signIn(9));
      put('SigninLogs', 16, signIn(9, { IPAddress: abroad }));
    },
  },
  'geography-change-aws': {
    of: person(4),
    plant: (put) => put('AWSCloudTrail', 13.8, aws(4, 'ConsoleLogin', 'signin')),
  },
  'geography-change-globalprotect': {
    of: 'contoso\\p10',
    plant: (put) => {
      put('CommonSecurityLog', 15, vpn(10));
      put('CommonSecurityLog', 16, vpn(10, abroad));
    },
  },
  ...fromKinds(
    [
      ['computer-brute-force', 'srv02.contoso.com'],
      ['account-brute-force', 'p11'],
      ['account-brute-force-by-type', 'p11'],
      ['account-brute-force-by-reason', 'p11'],
    ],
    (put) =>
      times(80, (i) =>
        put('SecurityEvent', 14 + i / 100, logon(11, 'srv02', { EventID: 4625, SubStatus: '0xc000006a' })),
      ),
  ),
  ...fromKinds(
    [
      ['logons-to-computer', 'srv03.contoso.com'],
      ['elevated-logons-to-computer', 'srv03.contoso.com'],
      ['logons-of-account', 'p12'],
      ['logons-of-account-by-type', 'p12'],
      ['elevated-logons-of-account', 'p12'],
    ],
    (put) => times(300, (i) => put('SecurityEvent', 15 + i / 300, logon(12, 'srv03', { ElevatedToken: '%%1842' }))),
  ),
  ...fromKinds(
    [
      ['globalprotect-downloads', 'p10'],
      ['globalprotect-uploads', 'p10'],
    ],
    (put) =>
      put(
        'CommonSecurityLog',
        15.5,
        flow(10, '10.1.0.5', 445, { SourceIP: '10.99.0.10', ReceivedBytes: 5e9, SentBytes: 3e9 }),
      ),
  ),
  'exchange-activities': {
    of: person(6),
    plant: (put) => times(400, (i) => put('OfficeActivity', 15 + i / 400, office(6, 'MailItemsAccessed'))),
  },
  'protected-documents': {
    of: person(6),
    plant: (put) =>
      times(90, (i) =>
        put(
          'OfficeActivity',
          16 + i / 400,
          office(6, 'FileDownloaded', { SensitivityLabelId: 'secret', OfficeObjectId: `doc ${i}` }),
        ),
      ),
  },
  'local-account-creation': {
    of: 'p11',
    plant: (put) =>
      put('SecurityEvent', 16, {
        EventID: 4720,
        Computer: 'srv02.contoso.com',
        SubjectAccount: account(11),
        TargetUserName: 'helper',
        TargetDomainName: 'SRV02',
      }),
  },
  beaconing: {
    of: '10.0.0.9',
    plant: (put) => times(60, (i) => put('CommonSecurityLog', 6 + i / 6, flow(9, '192.0.2.200', 8443))),
  },
  'dga-domains': {
    of: '10.0.0.8',
    plant: (put) => times(25, (i) => put('DnsEvents', 11 + i / 60, dns(8, `${letters(i + 1, 14)}.com`, 3))),
  },
  'dga-next-level': {
    of: '10.0.0.7',
    plant: (put) => times(80, (i) => put('DnsEvents', 12 + i / 60, dns(7, `${letters(i + 1, 28)}.tunnel-host.net`))),
  },
  scanning: {
    of: '10.0.0.6',
    plant: (put) =>
      times(150, (i) =>
        put(
          'CommonSecurityLog',
          17 + i / 1_000,
          flow(6, `10.2.0.${i}`, 445, { DeviceAction: 'deny', SimplifiedDeviceAction: 'Deny' }),
        ),
      ),
  },
};

/** Several anomalies of one thing that happened: the first brings the rows. */
function fromKinds(kinds: readonly (readonly [slug: string, of: string])[], plant: (put: Put) => void) {
  return Object.fromEntries(kinds.map(([slug, of], i) => [slug, { of, plant: i === 0 ? plant : () => undefined }]));
}
