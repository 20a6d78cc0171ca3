import { fetchHttps } from '../../platform/outbound/index.ts';

/** Speaks to applications: of their answers nothing is needed but the status. */
export const fetchApplication = (url: string | URL | Request, options: RequestInit = {}): Promise<Response> =>
  fetchHttps(url instanceof Request ? url.url : url, options);
