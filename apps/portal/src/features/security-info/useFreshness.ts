import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

/** Whether the sign-in is fresh still, and the way to a new one, which leads back here. */
export function useFreshness(until: string): { readonly fresh: boolean; readonly signInAgain: () => void } {
  const navigate = useNavigate();
  const [now, setNow] = useState(Date.now);
  const end = Date.parse(until);
  useEffect(() => {
    const timer = setTimeout(() => setNow(Date.now()), Math.max(0, end - Date.now()) + 100);
    return () => clearTimeout(timer);
  }, [end]);
  return { fresh: end > now, signInAgain: () => void navigate({ to: '/signin', search: { to: '/security-info' } }) };
}
