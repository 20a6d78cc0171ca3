export { writeMmdb } from './mmdb.ts';
export { startTestLake, type TestLake } from './lake.ts';
