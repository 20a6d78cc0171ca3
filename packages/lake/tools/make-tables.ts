/**
 * Writes content/tables/<Name>.yml from a table reference (`{ table: { column: kqlType } }`): every table that the given Sentinel content
 * names, and all of the security families. What a person added to a file (description, sortKey, retentionDays) is kept.
 *
 *   node packages/lake/tools/make-tables.ts [reference.json] [content folder] [out folder]
 */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { KqlType, TableFile, parseTableFile } from '../src/catalogue/file.ts';
import { writeTableFile } from '../src/catalogue/write.ts';
import { sortKeys } from './sort-keys.ts';

const root = new URL('../../../', import.meta.url).pathname;
const [
  reference = join(root, '../shared/reference/tables.json'),
  content = join(root, '../shared/suites/sentinel'),
  out,
] = process.argv.slice(2);
const outDir = out ?? join(root, 'content/tables');

const families =
  /^(AAD|ABAP|ADFSSignIn|AWS|AZFW|AZKV|AKSAudit|Alert|Anomalies|ASim|Audit|Azure(Activity|Diagnostics|Metrics|DevOps)|Behavior|CampaignInfo|ChatEvents|Cloud|CommonSecurityLog|Confidential|Container|CopilotActivity|CrowdStrike|DataSecurity|DCR|Defender|Device|Dns|Duo|Dynamics365|Email|EntraId|Event$|Exposure|File|GCP|GitHub|GoogleCloud|GoogleWorkspace|GraphAPI|Heartbeat|Hunting|Identity|Intune|KubeEvents|LAQuery|LinuxAudit|MCVP|MDC|McasShadow|Message|Microsoft(Graph|Purview|ServicePrincipal)|Network|NSP|NTA|OAuthApp|Office|Okta|Operation$|Perf$|PowerApps|PowerAutomate|PowerBIActivity|PowerPlatform|ProtectionStatus|Purview|SQLSecurity|SecureScore|Security|Sentinel|SigninLogs|Storage(Blob|File|Queue|Table)Logs|Syslog$|ThreatIntel|Update$|UrlClick|Usage$|User(Access|Peer)Analytics|VMConnection|VMProcess|VMComputer|VMBoundPort|W3CIISLog|WDAV|WVDConnections|Watchlist|Windows(Event|Firewall)|AppService(HTTP|Audit|Console)Logs|AGW|AGC|KeyVaults|Dns)/;

/** Names in the reference which are parsers (functions) and not tables. */
const parsers = /^(im[A-Z]|_|.*_parser$)/;

/** Words in a name that make a table one of security. */
const subjects = /Audit|Security|Threat|Firewall|Access|Auth|Alert|_CL$/;

function contentWords(folder: string): Set<string> {
  const words = new Set<string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(ya?ml|jsonl?)$/.test(name) || !statSync(join(folder, name)).isFile()) continue;
    for (const [word] of readFileSync(join(folder, name), 'utf8').matchAll(/\w{4,}/g)) words.add(word);
  }
  return words;
}

function kept(path: string): Partial<TableFile> {
  try {
    return parseTableFile(readFileSync(path, 'utf8'), path);
  } catch {
    return {};
  }
}

const Reference = z.record(z.string(), z.record(z.string(), KqlType));
const tables = Reference.parse(JSON.parse(readFileSync(reference, 'utf8')));
const used = contentWords(content);
const chosen = Object.keys(tables)
  .filter((name) => /^[A-Za-z_]\w*$/.test(name) && !parsers.test(name))
  .filter((name) => families.test(name) || subjects.test(name) || used.has(name))
  .toSorted();
mkdirSync(outDir, { recursive: true });
for (const name of chosen) {
  const path = join(outDir, `${name}.yml`);
  const given = tables[name] ?? {};
  const before = kept(path);
  // A few vendors' pages give it as text; rows are parted and sorted by it, so here it is a time.
  const columns = 'TimeGenerated' in given ? { ...given, TimeGenerated: 'datetime' as const } : given;
  const sortKey = before.sortKey ?? sortKeys(name, columns);
  writeFileSync(path, writeTableFile({ ...before, name, columns, ...(sortKey.length > 0 ? { sortKey } : {}) }));
}
console.log(JSON.stringify({ tables: chosen.length, of: Object.keys(tables).length }));
