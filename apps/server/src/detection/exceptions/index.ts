export { Exceptions, scheduleExpiry } from './exceptions.ts';
export { leftOutProperties } from './left-out.ts';
export { exceptionHandlers } from './routes.ts';
export { saveLeftOut } from './store.ts';
