export { startTestLake, type TestLake } from './lake.ts';
