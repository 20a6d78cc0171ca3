import { anytime, headquartersHour, isPatchDay, localDay, minute, moments, second } from './calendar.ts';
import { isWindows, type Device } from './devices.ts';
import {
  connectionRow,
  deviceEventRow,
  fileEventRow,
  logonRow,
  processRow,
  registryRow,
  run,
  system,
  type Process,
  type Runner,
} from './endpoint-rows.ts';
import type { Presence } from './estate.ts';
import { documentName } from './office.ts';
import { serviceAccounts } from './people.ts';
import { habitsOf, onMac, onWindows, type Habit } from './programs.ts';
import type { Rng } from './rng.ts';
import type { SlotContext } from './sink.ts';
import { cloudSites, headquarters, packageSites, webSites } from './world.ts';

/** What Defender sees on the laptops and Windows servers of a slot. */
export function endpoints(context: SlotContext): void {
  for (const presence of context.present) {
    // A look at the phone is not a look at the laptop.
    if (presence.plan.where === 'off') continue;
    const rng = context.rng('endpoint', presence.person.index);
    arrives(context, presence, rng);
    programsStarted(context, presence, rng);
    connections(context, presence, rng);
    files(context, presence, rng);
    background(context, presence, rng);
    updates(context, presence, rng);
  }
  servers(context);
}

/** Process ids are multiples of four on Windows. */
export const newPid = (rng: Rng): number => rng.int(300, 7_000) * 4;

const sessionRng = (context: SlotContext, presence: Presence) =>
  context.estate.rng.fork(`desktop ${presence.person.index} ${presence.plan.from}`);

/** The desktop of the day: the same process all day, so that its children have the same parent. */
function desktop(context: SlotContext, presence: Presence): Process {
  const mac = presence.device.os === 'macos';
  const pid = mac ? 1 : newPid(sessionRng(context, presence));
  return mac
    ? run(onMac.launchd, '/sbin/launchd', pid, presence.plan.from)
    : run(onWindows.explorer, 'C:\\Windows\\Explorer.EXE', pid, presence.plan.from + 9 * second);
}

function arrives(context: SlotContext, presence: Presence, rng: Rng): void {
  if (!presence.arrives) return;
  const { device, person, plan, insideIp } = presence;
  const at = plan.from + rng.int(1, 5) * second;
  const type = insideIp ? 'Interactive' : 'CachedInteractive';
  if (rng.chance(0.06))
    context.sink.row('DeviceLogonEvents', at - 12 * second, logonRow(device, { type, ok: false }, person, rng));
  context.sink.row('DeviceLogonEvents', at, logonRow(device, { type }, person, rng));
  if (isWindows(device)) {
    const parent = run(onWindows.winlogon, 'winlogon.exe', newPid(rng), at - second, 'System');
    context.sink.row(
      'DeviceProcessEvents',
      at + 9 * second,
      processRow(device, desktop(context, presence), parent, person, rng, system),
    );
  }
}

const fill = (command: string, who: string) =>
  command.replaceAll('%DOCUMENTS%', `C:\\Users\\${who}\\OneDrive - Contoso\\Documents`);

function programsStarted(context: SlotContext, presence: Presence, rng: Rng): void {
  const { device, person, plan } = presence;
  const habits = habitsOf(person.department, device.os === 'macos', person.admin !== undefined).map(
    (h) => [h, h.weight] as const,
  );
  const top = desktop(context, presence);
  for (const at of moments(rng, plan, context.slot, 6 * person.pace)) {
    const one = rng.weighted<Habit>(habits);
    const shell =
      device.os === 'macos'
        ? run(onMac.zsh, '-zsh', newPid(rng), at - 20 * minute)
        : run(onWindows.powershell, 'powershell.exe -NoLogo', newPid(rng), at - 20 * minute);
    const process = run(one.program, fill(one.command, person.account), newPid(rng), at);
    context.sink.row('DeviceProcessEvents', at, processRow(device, process, one.shell ? shell : top, person, rng));
  }
  for (const at of moments(rng, plan, context.slot, 0.9))
    context.sink.row('DeviceLogonEvents', at, logonRow(device, { type: 'Unlock' }, person, rng));
}

function connections(context: SlotContext, presence: Presence, rng: Rng): void {
  const { device, person, plan, localIp, insideIp } = presence;
  const mac = device.os === 'macos';
  const browser = mac
    ? run(onMac.safari, '/Applications/Safari.app/Contents/MacOS/Safari', newPid(rng), plan.from)
    : run(onWindows.edge, `"${onWindows.edge.folder}\\msedge.exe"`, newPid(rng), plan.from);
  const mail = mac
    ? run(onMac.outlook, 'Microsoft Outlook', newPid(rng), plan.from)
    : run(onWindows.outlook, `"${onWindows.outlook.folder}\\OUTLOOK.EXE"`, newPid(rng), plan.from);
  for (const at of moments(rng, plan, context.slot, 8 * person.pace)) {
    const developer = person.department === 'Engineering' && rng.chance(0.2);
    const site = rng.pick(developer ? packageSites : rng.chance(0.55) ? cloudSites : webSites);
    const process = site.host === 'mail.example.com' ? mail : browser;
    context.sink.row(
      'DeviceNetworkEvents',
      at,
      connectionRow(
        device,
        { localIp, remoteIp: site.ip, remotePort: site.port, url: site.host },
        process,
        person,
        rng,
      ),
    );
  }
  if (!insideIp || mac) return;
  for (const at of moments(rng, plan, context.slot, 2 * person.pace)) inside(context, presence, at, insideIp, rng);
}

/** File shares, directory and internal applications: only from the office or through the VPN. */
function inside(context: SlotContext, { device, person }: Presence, at: number, localIp: string, rng: Rng): void {
  const { estate, sink } = context;
  const [host, port, program, who] = rng.pick([
    ['fs01', 445, onWindows.explorer, person],
    ['fs01', 445, onWindows.explorer, person],
    ['app01', 443, onWindows.edge, person],
    ['app02', 443, onWindows.edge, person],
    ['dc01', 88, onWindows.svchost, system],
    ['dc02', 389, onWindows.svchost, system],
  ] as const);
  const server = estate.server(host);
  const process = run(program, `${program.folder}\\${program.file}`, newPid(rng), at - 40 * minute);
  sink.row(
    'DeviceNetworkEvents',
    at,
    connectionRow(
      device,
      { localIp, remoteIp: server.ip, remotePort: port, url: server.name },
      process,
      who as Runner,
      rng,
    ),
  );
}

function files(context: SlotContext, { device, person, plan }: Presence, rng: Rng): void {
  const mac = device.os === 'macos';
  const home = mac ? `/Users/${person.account}` : `C:\\Users\\${person.account}`;
  const writer = mac
    ? run(onMac.outlook, 'Microsoft Outlook', newPid(rng), plan.from)
    : run(rng.pick([onWindows.excel, onWindows.word, onWindows.onedrive]), '', newPid(rng), plan.from);
  for (const at of moments(rng, plan, context.slot, 3.5 * person.pace)) {
    const name = documentName(rng);
    const download = rng.chance(0.12);
    const folder = mac
      ? `${home}/${download ? 'Downloads' : 'Documents'}`
      : `${home}\\${download ? 'Downloads' : 'OneDrive - Contoso\\Documents'}`;
    const process = { ...writer, command: writer.command || `"${writer.folder}\\${writer.file}"` };
    const site = rng.pick(webSites);
    const origin = download ? { originUrl: `https://${site.host}/${encodeURIComponent(name)}`, originIp: site.ip } : {};
    context.sink.row(
      'DeviceFileEvents',
      at,
      fileEventRow(
        device,
        { name, folder, action: rng.chance(0.35) ? 'FileCreated' : 'FileModified', ...origin },
        process,
        person,
        rng,
      ),
    );
  }
}

/** What an operating system does by itself while it is on. */
function background(context: SlotContext, { device, plan, localIp }: Presence, rng: Rng): void {
  if (device.os !== 'windows') return;
  const services = run(onWindows.services, 'C:\\Windows\\system32\\services.exe', 700, plan.from, 'System');
  for (const at of moments(rng, plan, context.slot, 2.4)) {
    const [program, command] = rng.pick(backgroundWork);
    context.sink.row(
      'DeviceProcessEvents',
      at,
      processRow(device, run(program, command, newPid(rng), at, 'System'), services, system, rng),
    );
  }
  for (const at of moments(rng, plan, context.slot, 1.5)) {
    const site = rng.pick(cloudSites.slice(4));
    const process = run(onWindows.defender, '"MsMpEng.exe"', 3_120, plan.from, 'System');
    context.sink.row(
      'DeviceNetworkEvents',
      at,
      connectionRow(device, { localIp, remoteIp: site.ip, remotePort: 443, url: site.host }, process, system, rng),
    );
  }
  for (const at of moments(rng, plan, context.slot, 0.5))
    context.sink.row(
      'DeviceEvents',
      at,
      deviceEventRow(
        device,
        rng.pick(['AntivirusScanCompleted', 'ScreenshotTaken', 'UsbDriveMounted', 'GetClipboardData']),
        {},
        services,
        system,
        rng,
      ),
    );
  for (const at of moments(rng, plan, context.slot, 0.4))
    context.sink.row(
      'DeviceRegistryEvents',
      at,
      registryRow(
        device,
        'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Orchestrator',
        'LastScanTime',
        String(at),
        services,
        system,
        rng,
      ),
    );
}

const backgroundWork = [
  [onWindows.svchost, 'C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule'],
  [onWindows.svchost, 'C:\\Windows\\system32\\svchost.exe -k LocalServiceNetworkRestricted -p'],
  [onWindows.backgroundHost, '"C:\\Windows\\system32\\backgroundTaskHost.exe" -ServerName:CortanaUI.AppX'],
  [onWindows.searchHost, '"C:\\Windows\\system32\\SearchProtocolHost.exe" Global\\UsGthrFltPipeMssGthrPipe1_'],
  [onWindows.taskHost, 'taskhostw.exe SYSTEM'],
] as const;

/** Patch day: each laptop that is on installs updates over lunch. */
function updates(context: SlotContext, { device, plan, person }: Presence, rng: Rng): void {
  const patch = isPatchDay(localDay(plan.from, person.office.utcOffset));
  if (!patch || !isWindows(device) || plan.lunchFrom < context.slot.from || plan.lunchFrom >= context.slot.to) return;
  install(context, device, plan.lunchFrom, rng);
}

function install(context: SlotContext, device: Device, from: number, rng: Rng): void {
  const orchestrator = run(
    onWindows.updater,
    'C:\\Windows\\UUS\\amd64\\MoUsoCoreWorker.exe',
    newPid(rng),
    from,
    'System',
  );
  const svchost = run(
    onWindows.svchost,
    'C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s UsoSvc',
    newPid(rng),
    from - minute,
    'System',
  );
  const worker = run(
    onWindows.installer,
    'C:\\Windows\\WinSxS\\TiWorker.exe -Embedding',
    newPid(rng),
    from + 40 * second,
    'System',
  );
  context.sink.row('DeviceProcessEvents', from, processRow(device, orchestrator, svchost, system, rng));
  context.sink.row('DeviceProcessEvents', from + 40 * second, processRow(device, worker, svchost, system, rng));
  for (let n = rng.int(5, 12); n > 0; n--) {
    const at = from + rng.int(50, 900) * second;
    const name = `${rng.pick(['kernel32', 'ntdll', 'edgehtml', 'gdi32', 'urlmon', 'crypt32'])}.dll`;
    context.sink.row(
      'DeviceFileEvents',
      at,
      fileEventRow(
        device,
        { name, folder: `C:\\Windows\\WinSxS\\Temp\\InFlight\\${rng.hex(16)}` },
        worker,
        system,
        rng,
      ),
    );
  }
}

/** Servers know neither lunch nor weekend; they do have a patch night and a backup night. */
function servers(context: SlotContext): void {
  const { estate, slot } = context;
  const middle = (slot.from + slot.to) / 2;
  const patching = isPatchDay(localDay(middle, headquarters.utcOffset)) && headquartersHour(middle) === 3;
  const backup = headquartersHour(middle) === 1;
  estate.servers.filter(isWindows).forEach((device, n) => {
    const rng = context.rng('server', n);
    serverWork(context, device, rng);
    if (patching) install(context, device, slot.from + n * 2 * minute, rng);
    if (backup && device.role !== 'backup') backedUp(context, device, slot.from + n * 3 * minute, rng);
  });
}

function serverWork(context: SlotContext, device: Device, rng: Rng): void {
  const { sink, slot, estate } = context;
  const services = run(onWindows.services, 'C:\\Windows\\system32\\services.exe', 700, slot.from, 'System');
  for (const at of anytime(rng, slot, 2.5)) {
    const [program, command] = rng.pick(backgroundWork);
    sink.row(
      'DeviceProcessEvents',
      at,
      processRow(device, run(program, command, newPid(rng), at, 'System'), services, system, rng),
    );
  }
  if (device.role !== 'app') return;
  const worker = run(onWindows.iis, 'w3wp.exe -ap "Contoso"', 4_404, slot.from, 'System');
  const database = estate.server('sql01');
  for (const at of anytime(rng, slot, 6))
    sink.row(
      'DeviceNetworkEvents',
      at,
      connectionRow(
        device,
        { localIp: device.ip, remoteIp: database.ip, remotePort: 1433, url: database.name },
        worker,
        serviceAccounts[1]!,
        rng,
      ),
    );
}

/** The backup program signs in to each server at night and reads its disk, through an agent on port 10000 (NDMP). */
function backedUp(context: SlotContext, device: Device, at: number, rng: Rng): void {
  const server = context.estate.server('bkp01');
  const account = serviceAccounts[0]!;
  context.sink.row(
    'DeviceLogonEvents',
    at,
    logonRow(
      device,
      { type: 'Network', remoteIp: server.ip, remoteDevice: server.name, localAdmin: true },
      account,
      rng,
    ),
  );
  const program = run(
    onWindows.backup,
    `"${onWindows.backup.folder}\\ContosoBackup.exe" --target ${device.host} --mode incremental`,
    newPid(rng),
    at,
    'High',
  );
  const services = run(onWindows.services, 'C:\\Windows\\system32\\services.exe', 700, at - minute, 'System');
  context.sink.row('DeviceProcessEvents', at + second, processRow(server, program, services, account, rng, system));
  context.sink.row(
    'DeviceNetworkEvents',
    at + 2 * second,
    connectionRow(
      server,
      { localIp: server.ip, remoteIp: device.ip, remotePort: 10_000, url: device.name },
      program,
      account,
      rng,
    ),
  );
}
