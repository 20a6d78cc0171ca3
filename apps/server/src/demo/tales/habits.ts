import { day, hour } from '../calendar.ts';
import { snapshot } from '../inventory.ts';
import { slotAt } from '../life.ts';
import type { Estate } from '../estate.ts';
import { interactiveRow, placeOf } from '../signins.ts';
import { slotContext, type Sink } from '../sink.ts';
import { subjectFields, targetFields, windowsEvent } from '../windows-event.ts';
import { apps } from '../world.ts';

/** Who is who and what everybody shares, without the rest of normal life: on the two days before a time people sign in from their offices and log on to the domain controllers. */
export function habits(estate: Estate, before: number, sink: Sink): void {
  const rng = estate.rng.fork('habits');
  snapshot(slotContext(estate, slotAt(before - 2 * day), sink, []), before - 2 * day);
  for (const back of [2, 1])
    for (const [n, person] of estate.people.entries()) {
      const at = before - back * day + (n % 4) * hour;
      const device = estate.laptops[person.index];
      const signIn = {
        who: person,
        app: apps.office,
        ip: person.office.egressIp,
        place: placeOf(person),
        device,
        userAgent: 'Mozilla/5.0',
        client: 'Browser',
      } as const;
      sink.row('SigninLogs', at, interactiveRow(signIn, at, rng));
      for (const server of [estate.server('dc01'), estate.server('dc02'), estate.server('sql01')])
        sink.windowsEvent(
          at,
          windowsEvent(
            server,
            'Security',
            4624,
            at,
            {
              ...subjectFields({ sid: 'S-1-0-0', account: '-', domain: '-', logonId: '0x0' }),
              ...targetFields(person),
              LogonType: '3',
              LogonProcessName: 'Kerberos',
              AuthenticationPackageName: 'Kerberos',
              IpAddress: device?.ip ?? '-',
              IpPort: '50001',
              ProcessName: '-',
            },
            rng,
          ),
        );
    }
}
