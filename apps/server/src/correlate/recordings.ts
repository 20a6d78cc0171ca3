import { replay } from '../replay.ts';

export interface RecordingFigures {
  readonly recording: string;
  readonly alerts: number;
  readonly incidents: number;
  /** Share of its alerts in its biggest incident; 1 for a recording without alerts. */
  readonly together: number;
}

/** Recorded attacks, each a single story: what share of its alerts is in its biggest incident. */
export async function recordingFigures(
  paths: readonly string[],
  onProgress: (text: string) => void,
): Promise<RecordingFigures[]> {
  const figures: RecordingFigures[] = [];
  for (const path of paths) {
    const { incidentList } = await replay({ paths: [path] });
    const alerts = incidentList.reduce((sum, incident) => sum + incident.alerts, 0);
    const biggest = Math.max(0, ...incidentList.map((incident) => incident.alerts));
    figures.push({
      recording: path.slice(path.lastIndexOf('/') + 1),
      alerts,
      incidents: incidentList.length,
      together: alerts === 0 ? 1 : biggest / alerts,
    });
    onProgress(JSON.stringify(figures.at(-1)));
  }
  return figures;
}
