import { aggregateTable, countFunction } from './aggregates.ts';
import { arrayFunctions } from './arrays.ts';
import { bagFunctions } from './bags.ts';
import { conversionFunctions } from './conversions.ts';
import { datetimeFunctions } from './datetime.ts';
import { dynamicFunctions } from './dynamic.ts';
import { entityFunctions } from './entities.ts';
import { encodingFunctions } from './encoding.ts';
import { formatFunctions } from './formats.ts';
import { geoFunctions } from './geo/index.ts';
import { ipFunctions } from './ip.ts';
import { mathFunctions } from './math.ts';
import { patternFunctions } from './patterns.ts';
import { internalFunctions } from './operators.ts';
import { indexByName } from './registry.ts';
import { seriesAggregates, seriesColumns, seriesFunctions } from './series.ts';
import { sketchFunctions } from './sketches.ts';
import { stringFunctions } from './strings.ts';
import { unitFunctions } from './units.ts';
import { urlFunctions } from './urls.ts';
import { xmlFunctions } from './xml.ts';
import { zoneFunctions } from './zones.ts';
import { previous, rowNumber, runCounter, windowTable } from './windows.ts';

/** Every function that runs, by name. A function that is not here is refused with its place. */
export const scalarFunctions = indexByName([
  arrayFunctions,
  bagFunctions,
  conversionFunctions,
  datetimeFunctions,
  dynamicFunctions,
  encodingFunctions,
  entityFunctions,
  formatFunctions,
  geoFunctions,
  internalFunctions,
  ipFunctions,
  mathFunctions,
  patternFunctions,
  seriesFunctions,
  sketchFunctions,
  stringFunctions,
  unitFunctions,
  urlFunctions,
  xmlFunctions,
  zoneFunctions,
]);
export const aggregateFunctions = indexByName([seriesAggregates, aggregateTable]);
export const windowFunctions = indexByName([windowTable, [rowNumber]]);
export { seriesColumns, countFunction, previous, rowNumber, runCounter };
