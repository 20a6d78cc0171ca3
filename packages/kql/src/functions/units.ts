import { join, real, sql, string, type Sql } from '../sql.ts';
import { scalarWith, type Operand, type ScalarFunction } from './registry.ts';

/** convert_length() and its kin. An unknown unit gives null. The names are Kusto's: https://learn.microsoft.com/kusto/query/convert-length-function */

type Factors = Readonly<Record<string, number>>;

const prefixes = {
  Nano: 1e-9,
  Micro: 1e-6,
  Milli: 1e-3,
  Centi: 1e-2,
  Deci: 0.1,
  Deca: 10,
  Hecto: 100,
  Kilo: 1e3,
  Mega: 1e6,
  Giga: 1e9,
  Tera: 1e12,
} as const;
type Prefix = keyof typeof prefixes;
/** A unit with its prefixed forms: `Meter`, `Kilometer`. */
const withPrefixes = (unit: string, size: number, ...of: readonly Prefix[]): Factors =>
  Object.fromEntries([
    [unit, size],
    ...of.map((p) => [p + unit.charAt(0).toLowerCase() + unit.slice(1), size * prefixes[p]] as const),
  ]);

const degree = Math.PI / 180;
const angle: Factors = {
  ...withPrefixes('Degree', 1, 'Nano', 'Micro', 'Milli'),
  ...withPrefixes('Radian', 1 / degree, 'Nano', 'Micro', 'Milli', 'Centi', 'Deci'),
  Arcminute: 1 / 60,
  Arcsecond: 1 / 3600,
  Gradian: 0.9,
  NatoMil: 9 / 160,
  Revolution: 360,
};
const therms = { ThermEc: 105_505_585.262, ThermImperial: 105_505_585.257_348, ThermUs: 105_480_400 };
const energy: Factors = {
  ...withPrefixes('Joule', 1, 'Milli', 'Kilo', 'Mega', 'Giga'),
  ...withPrefixes('BritishThermalUnit', 1_055.055_852_62, 'Kilo', 'Mega', 'Giga'),
  ...withPrefixes('Calorie', 4.184, 'Kilo', 'Mega'),
  ...withPrefixes('ElectronVolt', 1.602_176_565e-19, 'Kilo', 'Mega', 'Giga', 'Tera'),
  ...withPrefixes('WattHour', 3_600, 'Kilo', 'Mega', 'Giga', 'Tera'),
  ...withPrefixes('WattDay', 86_400, 'Kilo', 'Mega', 'Giga', 'Tera'),
  ...therms,
  ...Object.fromEntries(Object.entries(therms).map(([name, size]) => [`Deca${name.replace('T', 't')}`, size * 10])),
  Erg: 1e-7,
  FootPound: 1.355_817_948,
  HorsepowerHour: 2_684_519.5377,
};
const poundForce = 4.448_221_615_260_51;
const kilopond = 9.806_65;
const force: Factors = {
  ...withPrefixes('Newton', 1, 'Micro', 'Milli', 'Deca', 'Kilo', 'Mega'),
  Dyn: 1e-5,
  KilogramForce: kilopond,
  KiloPond: kilopond,
  TonneForce: kilopond * 1_000,
  PoundForce: poundForce,
  KilopoundForce: poundForce * 1_000,
  OunceForce: poundForce / 16,
  ShortTonForce: poundForce * 2_000,
  Poundal: 0.138_254_954_376,
};
const length: Factors = {
  ...withPrefixes('Meter', 1, 'Nano', 'Micro', 'Milli', 'Centi', 'Deci', 'Deca', 'Hecto', 'Kilo'),
  ...withPrefixes('LightYear', 9.460_730_472_58e15, 'Kilo', 'Mega'),
  ...withPrefixes('Parsec', 3.085_677_581_28e16, 'Kilo', 'Mega'),
  ...withPrefixes('Inch', 0.0254, 'Micro'),
  Angstrom: 1e-10,
  AstronomicalUnit: 1.495_978_707e11,
  Chain: 20.1168,
  DataMile: 1_828.8,
  DtpPica: 1 / 236.220_472_441,
  DtpPoint: 0.0254 / 72,
  Fathom: 1.8288,
  Foot: 0.3048,
  Hand: 0.1016,
  Mil: 2.54e-5,
  Mile: 1_609.344,
  NauticalMile: 1_852,
  PrinterPica: 1 / 237.106_301_584,
  PrinterPoint: 0.0254 / 72.27,
  Shackle: 27.432,
  SolarRadius: 6.9551e8,
  Twip: 1 / 56_692.913_385_826,
  UsSurveyFoot: 1_200 / 3_937,
  Yard: 0.9144,
};
const pound = 0.453_592_37;
const mass: Factors = {
  ...withPrefixes('Gram', 1e-3, 'Nano', 'Micro', 'Milli', 'Centi', 'Deci', 'Deca', 'Hecto', 'Kilo'),
  ...withPrefixes('Pound', pound, 'Kilo', 'Mega'),
  ...withPrefixes('Tonne', 1_000, 'Kilo', 'Mega'),
  EarthMass: 5.9722e24,
  Grain: pound / 7_000,
  LongHundredweight: pound * 112,
  LongTon: pound * 2_240,
  Ounce: pound / 16,
  ShortHundredweight: pound * 100,
  ShortTon: pound * 2_000,
  Slug: 14.593_902_937_206_364,
  SolarMass: 1.98947e30,
  Stone: pound * 14,
};
const times = { Second: 1, Minute: 60, Hour: 3_600 };
type Time = keyof typeof times;
const perTime = (lengths: readonly string[], ...of: readonly Time[]): Factors =>
  Object.fromEntries(lengths.flatMap((l) => of.map((t) => [`${l}Per${t}`, length[l]! / times[t]] as const)));
const speed: Factors = {
  ...perTime(
    ['Centimeter', 'Foot', 'Inch', 'Kilometer', 'Meter', 'Millimeter', 'UsSurveyFoot', 'Yard'],
    'Second',
    'Minute',
    'Hour',
  ),
  ...perTime(['Decimeter', 'Micrometer', 'Nanometer'], 'Second', 'Minute'),
  ...perTime(['Mile'], 'Hour'),
  Knot: 1_852 / 3_600,
};
const foot3 = 0.028_316_846_592;
const usGallon = 3.785_411_784e-3;
const imperialGallon = 4.546_09e-3;
const volume: Factors = {
  ...withPrefixes('Liter', 1e-3, 'Micro', 'Milli', 'Centi', 'Deci', 'Deca', 'Hecto', 'Kilo', 'Mega'),
  ...withPrefixes('CubicFoot', foot3, 'Hecto', 'Kilo', 'Mega'),
  ...withPrefixes('CubicMeter', 1, 'Hecto', 'Kilo'),
  ...withPrefixes('UsGallon', usGallon, 'Deci', 'Deca', 'Hecto', 'Kilo', 'Mega'),
  ...withPrefixes('ImperialGallon', imperialGallon, 'Kilo', 'Mega'),
  AcreFoot: 1 / 0.000_810_714,
  AuTablespoon: 2e-5,
  BoardFoot: foot3 / 12,
  CubicCentimeter: 1e-6,
  CubicDecimeter: 1e-3,
  CubicHectometer: 1e6,
  CubicInch: 1.638_706_4e-5,
  CubicKilometer: 1e9,
  CubicMicrometer: 1e-18,
  CubicMile: 4.168_181_825_440_58e9,
  CubicMillimeter: 1e-9,
  CubicYard: foot3 * 27,
  ImperialBeerBarrel: imperialGallon * 36,
  ImperialOunce: imperialGallon / 160,
  ImperialPint: imperialGallon / 8,
  MetricCup: 2.5e-4,
  MetricTeaspoon: 5e-6,
  OilBarrel: usGallon * 42,
  UkTablespoon: 1.5e-5,
  UsBeerBarrel: usGallon * 31,
  UsCustomaryCup: usGallon / 16,
  UsLegalCup: 2.4e-4,
  UsOunce: usGallon / 128,
  UsPint: usGallon / 8,
  UsQuart: usGallon / 4,
  UsTablespoon: usGallon / 256,
  UsTeaspoon: usGallon / 768,
};

const none = sql`CAST(NULL, 'Nullable(Float64)')`;
/** What a table says of a unit: a constant, or a lookup where the unit comes from the data; undefined where there is no such unit. */
function lookUp(unit: Operand, table: Factors): Sql | undefined {
  if (!unit.literal)
    return sql`transform(${unit.sql}, [${join(Object.keys(table).map(string))}], [${join(Object.values(table).map(real))}], ${none})`;
  const name = String(unit.literal.value);
  return Object.hasOwn(table, name) ? real(table[name]!) : undefined;
}
const linear = (name: string, units: Factors): ScalarFunction =>
  scalarWith(
    name,
    ['real', 'string', 'string'],
    'real',
    ([value, from, to]) => {
      const [a, b] = [lookUp(from!, units), lookUp(to!, units)];
      return a && b ? sql`(${value!.sql} * ${a} / ${b})` : none;
    },
    'maybe',
  );

/** An angle as a slope counts by its sine. */
const convertAngle: ScalarFunction['build'] = ([value, from, to], call) => {
  if (!from!.literal || !to!.literal) return call.fail('the units must be constants');
  const [a, b] = [from!.literal.value, to!.literal.value].map((u) => (u === 'Tilt' ? undefined : String(u)));
  const inDegrees =
    a === undefined
      ? sql`asin(${value!.sql}) / ${real(degree)}`
      : Object.hasOwn(angle, a)
        ? sql`${value!.sql} * ${real(angle[a]!)}`
        : none;
  if (b === undefined) return sql`sin((${inDegrees}) * ${real(degree)})`;
  return Object.hasOwn(angle, b) ? sql`((${inDegrees}) / ${real(angle[b]!)})` : none;
};

/** Kelvin of a temperature as `x * slope + offset`. */
const temperatures: Readonly<Record<string, readonly [slope: number, offset: number]>> = {
  Kelvin: [1, 0],
  DegreeCelsius: [1, 273.15],
  MillidegreeCelsius: [1e-3, 273.15],
  DegreeFahrenheit: [5 / 9, (459.67 * 5) / 9],
  DegreeRankine: [5 / 9, 0],
  DegreeDelisle: [-2 / 3, 373.15],
  DegreeNewton: [100 / 33, 273.15],
  DegreeReaumur: [1.25, 273.15],
  DegreeRoemer: [40 / 21, 273.15 - (7.5 * 40) / 21],
  SolarTemperature: [5_778, 0],
};
const slopes = Object.fromEntries(Object.entries(temperatures).map(([name, [slope]]) => [name, slope]));
const offsets = Object.fromEntries(Object.entries(temperatures).map(([name, [, offset]]) => [name, offset]));
const convertTemperature: ScalarFunction['build'] = ([value, from, to]) => {
  const [a, c] = [lookUp(from!, slopes), lookUp(to!, slopes)];
  const [b, d] = [lookUp(from!, offsets), lookUp(to!, offsets)];
  return a && b && c && d ? sql`((${value!.sql} * ${a} + ${b} - ${d}) / ${c})` : none;
};

export const unitFunctions: readonly ScalarFunction[] = [
  scalarWith('convert_angle', ['real', 'string', 'string'], 'real', convertAngle, 'maybe'),
  linear('convert_energy', energy),
  linear('convert_force', force),
  linear('convert_length', length),
  linear('convert_mass', mass),
  linear('convert_speed', speed),
  scalarWith('convert_temperature', ['real', 'string', 'string'], 'real', convertTemperature, 'maybe'),
  linear('convert_volume', volume),
];
