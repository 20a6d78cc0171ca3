import { describeLakeContract } from './lake-contract.ts';

// Embedded: the engine reads the spool. Remote: the same interface over TCP, with the rows as the body of the request.
describeLakeContract('file');
describeLakeContract('body');
