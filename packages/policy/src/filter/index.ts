export { compileFilter, type Filter, type PropertyReader } from './evaluate.ts';
export { parseFilter, type FilterExpression, type FilterSubject } from './parse.ts';
export { FilterError, type Span } from './tokens.ts';
