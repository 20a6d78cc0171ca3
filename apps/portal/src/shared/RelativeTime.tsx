import type { ReactElement } from 'react';
import { useNow } from './hooks.ts';
import { usePreferences } from './preferences.ts';
import { exact, relative } from './time.ts';

/** A time relative to now, the exact one on hover; `exact` shows it in full. Null shows a dash. */
export function RelativeTime({
  at,
  form = 'relative',
}: {
  at: string | null;
  form?: 'relative' | 'exact';
}): ReactElement {
  const { zone } = usePreferences();
  const now = useNow();
  if (at === null) return <span aria-label="never">–</span>;
  const time = new Date(at);
  const [near, full] = [relative(time, now, zone), exact(time, zone)];
  return (
    <time
      dateTime={at}
      {...(form === 'exact' ? {} : { style: { whiteSpace: 'nowrap' } })}
      title={form === 'exact' ? near : full}
    >
      {form === 'exact' ? full : near}
    </time>
  );
}
