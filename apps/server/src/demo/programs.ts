import type { Program } from './endpoint-rows.ts';
import type { Department } from './people.ts';

const microsoft = (file: string, folder: string, product: string): Program => ({
  file,
  folder,
  company: 'Microsoft Corporation',
  product,
  description: product,
});
const windows = (file: string, folder = 'C:\\Windows\\System32') =>
  microsoft(file, folder, 'Microsoft® Windows® Operating System');
const officeFolder = 'C:\\Program Files\\Microsoft Office\\root\\Office16';

/** Programs on Windows, by the names that the makers of events use. */
export const onWindows = {
  explorer: windows('explorer.exe', 'C:\\Windows'),
  services: windows('services.exe'),
  svchost: windows('svchost.exe'),
  winlogon: windows('winlogon.exe'),
  cmd: windows('cmd.exe'),
  powershell: windows('powershell.exe', 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0'),
  rundll32: windows('rundll32.exe'),
  wscript: windows('wscript.exe'),
  net: windows('net.exe'),
  net1: windows('net1.exe'),
  whoami: windows('whoami.exe'),
  nltest: windows('nltest.exe'),
  wevtutil: windows('wevtutil.exe'),
  conhost: windows('conhost.exe'),
  backgroundHost: windows('backgroundTaskHost.exe'),
  searchHost: windows('SearchProtocolHost.exe'),
  taskHost: windows('taskhostw.exe'),
  runtimeBroker: windows('RuntimeBroker.exe'),
  updater: windows('MoUsoCoreWorker.exe', 'C:\\Windows\\UUS\\amd64'),
  installer: windows('TiWorker.exe', 'C:\\Windows\\WinSxS'),
  msiexec: windows('msiexec.exe'),
  mmc: windows('mmc.exe'),
  mstsc: windows('mstsc.exe'),
  gpupdate: windows('gpupdate.exe'),
  sqlserver: microsoft(
    'sqlservr.exe',
    'C:\\Program Files\\Microsoft SQL Server\\MSSQL16.MSSQLSERVER\\MSSQL\\Binn',
    'Microsoft SQL Server',
  ),
  iis: microsoft('w3wp.exe', 'C:\\Windows\\System32\\inetsrv', 'Internet Information Services'),
  defender: microsoft(
    'MsMpEng.exe',
    'C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.24090.11-0',
    'Microsoft Defender Antivirus',
  ),
  outlook: microsoft('OUTLOOK.EXE', officeFolder, 'Microsoft Office'),
  word: microsoft('WINWORD.EXE', officeFolder, 'Microsoft Office'),
  excel: microsoft('EXCEL.EXE', officeFolder, 'Microsoft Office'),
  powerpoint: microsoft('POWERPNT.EXE', officeFolder, 'Microsoft Office'),
  edge: microsoft('msedge.exe', 'C:\\Program Files (x86)\\Microsoft\\Edge\\Application', 'Microsoft Edge'),
  teams: microsoft(
    'ms-teams.exe',
    'C:\\Program Files\\WindowsApps\\MSTeams_24295.605.3225.8804_x64__8wekyb3d8bbwe',
    'Microsoft Teams',
  ),
  onedrive: microsoft('OneDrive.exe', 'C:\\Program Files\\Microsoft OneDrive', 'Microsoft OneDrive'),
  code: microsoft('Code.exe', 'C:\\Program Files\\Microsoft VS Code', 'Visual Studio Code'),
  git: {
    file: 'git.exe',
    folder: 'C:\\Program Files\\Git\\cmd',
    company: 'The Git Development Community',
    product: 'Git',
  },
  node: { file: 'node.exe', folder: 'C:\\Program Files\\nodejs', company: 'Node.js', product: 'Node.js' },
  python: {
    file: 'python.exe',
    folder: 'C:\\Program Files\\Python312',
    company: 'Python Software Foundation',
    product: 'Python',
  },
  backup: {
    file: 'ContosoBackup.exe',
    folder: 'C:\\Program Files\\Contoso\\Backup',
    company: 'Contoso',
    product: 'Contoso Backup',
  },
} as const satisfies Record<string, Program>;

export const onMac = {
  launchd: { file: 'launchd', folder: '/sbin', company: 'Apple' },
  safari: { file: 'Safari', folder: '/Applications/Safari.app/Contents/MacOS', company: 'Apple' },
  outlook: {
    file: 'Microsoft Outlook',
    folder: '/Applications/Microsoft Outlook.app/Contents/MacOS',
    company: 'Microsoft Corporation',
  },
  teams: {
    file: 'MSTeams',
    folder: '/Applications/Microsoft Teams.app/Contents/MacOS',
    company: 'Microsoft Corporation',
  },
  zsh: { file: 'zsh', folder: '/bin', company: 'Apple' },
  git: { file: 'git', folder: '/usr/bin', company: 'Apple' },
  node: { file: 'node', folder: '/opt/homebrew/bin' },
  sketch: { file: 'Sketch', folder: '/Applications/Sketch.app/Contents/MacOS' },
  spotlight: {
    file: 'mdworker_shared',
    folder: '/System/Library/Frameworks/CoreServices.framework/Support',
    company: 'Apple',
  },
} as const satisfies Record<string, Program>;

export interface Habit {
  readonly program: Program;
  readonly command: string;
  readonly weight: number;
  /** A program that a shell starts, not the desktop. */
  readonly shell?: boolean;
}

const habit = (program: Program, command: string, weight: number, shell = false): Habit => ({
  program,
  command,
  weight,
  shell,
});
const quoted = (program: Program) => `"${program.folder}\\${program.file}"`;

const deskWork: readonly Habit[] = [
  habit(onWindows.edge, `${quoted(onWindows.edge)} --profile-directory=Default`, 12),
  habit(onWindows.edge, `${quoted(onWindows.edge)} --type=renderer --lang=en-GB --device-scale-factor=1.25`, 20),
  habit(onWindows.outlook, quoted(onWindows.outlook), 4),
  habit(onWindows.teams, `${quoted(onWindows.teams)} msteams:system-initiated`, 3),
  habit(onWindows.word, `${quoted(onWindows.word)} /n "%DOCUMENTS%\\Minutes.docx"`, 6),
  habit(onWindows.excel, `${quoted(onWindows.excel)} "%DOCUMENTS%\\Budget.xlsx"`, 6),
  habit(onWindows.powerpoint, `${quoted(onWindows.powerpoint)} "%DOCUMENTS%\\Roadmap.pptx"`, 2),
  habit(onWindows.runtimeBroker, 'C:\\Windows\\System32\\RuntimeBroker.exe -Embedding', 5),
];
const developer: readonly Habit[] = [
  habit(onWindows.code, quoted(onWindows.code), 4),
  habit(onWindows.git, 'git.exe fetch --all --prune', 6, true),
  habit(onWindows.git, 'git.exe status --porcelain', 10, true),
  habit(onWindows.node, 'node.exe node_modules/vite/bin/vite.js', 4, true),
  habit(onWindows.python, 'python.exe -m pytest tests', 4, true),
  habit(onWindows.powershell, 'powershell.exe -NoLogo', 2),
];
const administrator: readonly Habit[] = [
  habit(onWindows.mmc, 'mmc.exe C:\\Windows\\System32\\dsa.msc', 3),
  habit(onWindows.mstsc, 'mstsc.exe C:\\Admin\\servers.rdp', 3),
  habit(onWindows.powershell, 'powershell.exe -NoLogo', 3),
  habit(onWindows.gpupdate, 'gpupdate.exe /target:computer', 1, true),
];
const macWork: readonly Habit[] = [
  habit(onMac.safari, '/Applications/Safari.app/Contents/MacOS/Safari', 10),
  habit(onMac.outlook, '"/Applications/Microsoft Outlook.app/Contents/MacOS/Microsoft Outlook"', 4),
  habit(onMac.teams, '"/Applications/Microsoft Teams.app/Contents/MacOS/MSTeams"', 3),
  habit(onMac.spotlight, 'mdworker_shared -s mdworker -c MDSImporterWorker', 14),
];
const macDeveloper: readonly Habit[] = [
  habit(onMac.zsh, '-zsh', 3),
  habit(onMac.git, 'git fetch --all --prune', 8, true),
  habit(onMac.node, 'node node_modules/.bin/vite', 4, true),
];

/** What people of a department start on their laptops. */
export function habitsOf(department: Department, mac: boolean, admin: boolean): readonly Habit[] {
  if (mac)
    return department === 'Engineering'
      ? [...macWork, ...macDeveloper]
      : [...macWork, habit(onMac.sketch, '/Applications/Sketch.app/Contents/MacOS/Sketch', 3)];
  if (admin) return [...deskWork, ...administrator];
  return department === 'Engineering' ? [...deskWork, ...developer] : deskWork;
}
