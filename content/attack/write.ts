/**
 * Writes `enterprise.json` from MITRE's STIX bundle: `node content/attack/write.ts enterprise-attack.json.gz`. Of each technique that is neither revoked nor
 * deprecated: id, name, tactics, parent, data components and the log sources that its analytics name.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

const Thing = z.looseObject({
  id: z.string(),
  type: z.string(),
  name: z.string().default(''),
  modified: z.string().default(''),
  revoked: z.boolean().default(false),
  x_mitre_deprecated: z.boolean().default(false),
  x_mitre_shortname: z.string().default(''),
  definition: z.object({ statement: z.string().default('') }).optional(),
  external_references: z.array(z.looseObject({ external_id: z.string().default('') })).default([]),
  kill_chain_phases: z.array(z.looseObject({ phase_name: z.string() })).default([]),
  relationship_type: z.string().default(''),
  source_ref: z.string().default(''),
  target_ref: z.string().default(''),
  tactic_refs: z.array(z.string()).default([]),
  x_mitre_analytic_refs: z.array(z.string()).default([]),
  x_mitre_log_source_references: z
    .array(z.looseObject({ x_mitre_data_component_ref: z.string(), name: z.string() }))
    .default([]),
});
type Thing = z.infer<typeof Thing>;

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('which STIX bundle?');
const raw = await readFile(path);
const text = (path.endsWith('.gz') ? gunzipSync(raw) : raw).toString();
const { objects } = z.object({ objects: z.array(Thing) }).parse(JSON.parse(text));
const byId = new Map(objects.map((one) => [one.id, one]));
const current = (type: string): Thing[] =>
  objects.filter((one) => one.type === type && !one.revoked && !one.x_mitre_deprecated);
const idOf = (one: Thing | undefined): string => one?.external_references[0]?.external_id ?? '';
const links = current('relationship');

const order = current('x-mitre-matrix').flatMap((matrix) => matrix.tactic_refs);
const tactics = order.flatMap((id) => byId.get(id) ?? []);
const techniques = current('attack-pattern').map((technique) => {
  const parent = links.find((l) => l.relationship_type === 'subtechnique-of' && l.source_ref === technique.id);
  const references = links
    .filter((l) => l.relationship_type === 'detects' && l.target_ref === technique.id)
    .flatMap((l) => byId.get(l.source_ref)?.x_mitre_analytic_refs ?? [])
    .flatMap((id) => byId.get(id)?.x_mitre_log_source_references ?? []);
  const phases = technique.kill_chain_phases.map((phase) => phase.phase_name);
  return {
    id: idOf(technique),
    name: technique.name,
    tactics: tactics.filter((tactic) => phases.includes(tactic.x_mitre_shortname)).map(idOf),
    ...(parent ? { parent: idOf(byId.get(parent.target_ref)) } : {}),
    components: sorted(references.map((one) => byId.get(one.x_mitre_data_component_ref)?.name ?? '')),
    logs: sorted(references.map(({ name }) => name)),
  };
});
const notice = objects.flatMap((one) => one.definition?.statement ?? []).join(' ');
const head = {
  notice,
  modified: objects
    .map(({ modified }) => modified)
    .toSorted()
    .at(-1),
  tactics: tactics.map((tactic) => ({ id: idOf(tactic), name: tactic.name })),
};
const lines = techniques.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((one) => JSON.stringify(one));
const json = `${JSON.stringify(head).slice(0, -1)},"techniques":[\n${lines.join(',\n')}\n]}\n`;
await writeFile(new URL('enterprise.json', import.meta.url), json);

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((one) => one !== '').toSorted();
}
