/** Seconds that an answer asks to wait, by `Retry-After` (RFC 9110, 10.2.3) or Okta's `X-Rate-Limit-Reset`; undefined when it says none. */
export function retryAfterSeconds(
  { headers }: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
  now: Date,
): number | undefined {
  const after = headers['retry-after'];
  if (typeof after === 'string') {
    if (/^\d{1,6}$/.test(after.trim())) return Number(after);
    const at = Date.parse(after);
    if (!Number.isNaN(at)) return Math.max(1, Math.ceil((at - now.getTime()) / 1_000));
  }
  const reset = headers['x-rate-limit-reset'];
  if (typeof reset === 'string' && /^\d{10}$/.test(reset))
    return Math.max(1, Number(reset) - Math.floor(now.getTime() / 1_000));
  return undefined;
}
