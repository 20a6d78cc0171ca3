import type { workbookRoutes } from '@sallyport/contracts';
import type { Handlers } from '../platform/http/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { workbookHandlers } from './routes.ts';

export { loadWorkbooks, shippedWorkbooks } from './shipped.ts';

/** Pages of queries, text and charts. The portal draws them and asks their queries as the person who looks. */
export type Workbooks = Domain<Handlers<typeof workbookRoutes>>;

export const createWorkbooks = (platform: Platform): Workbooks => ({ handlers: workbookHandlers(platform) });
