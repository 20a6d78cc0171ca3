import { describeLakeContract } from './lake-contract.ts';

describeLakeContract('embedded: the engine reads segments', 'file');
describeLakeContract('remote: segments are sent over TCP', 'body');
