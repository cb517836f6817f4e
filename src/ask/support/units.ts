/** Units of measure and money under one name, whatever the language. */

const UNITS: Record<string, string> = {
  second: 'second seconds sec secs 秒 秒钟 sekunde sekunden',
  minute: 'minute minutes min mins 分钟 minuten',
  hour: 'hour hours hr hrs h 小时 个小时 钟头 stunde stunden',
  day: 'day days 天 日 tag tage tagen',
  week: 'week weeks wk wks 周 星期 个星期 礼拜 个礼拜 woche wochen',
  month: 'month months mo 个月 月 monat monate monaten',
  quarter: 'quarter quarters 个季度 季度 quartal quartale',
  year: 'year years yr yrs 年 周年 jahr jahre jahren',
  age: '岁',
  decade: 'decade decades',
  century: 'century centuries 世纪 个世纪',
  percent: '% percent percentage pct 百分比 个百分点 百分点 prozent',
  degree: '° degree degrees 度 grad',
  celsius: '°C celsius 摄氏度 ℃',
  fahrenheit: '°F fahrenheit 华氏度',
  mm: 'mm millimetre millimetres millimeter millimeters 毫米',
  cm: 'cm centimetre centimetres centimeter centimeters 厘米 公分',
  m: 'm metre metres meter meters 米 公尺',
  km: 'km kilometre kilometres kilometer kilometers 公里 千米',
  inch: 'inch inches 英寸 寸',
  foot: 'foot feet ft 英尺',
  yard: 'yard yards yd 码',
  mile: 'mile miles mi 英里 meilen',
  li: '里',
  sqm: 'm2 sqm 平方米',
  sqkm: 'km2 平方公里 平方千米',
  hectare: 'hectare hectares ha 公顷',
  acre: 'acre acres 英亩',
  sqmi: '平方英里',
  mu: '亩',
  cubicm: 'm3 立方米',
  mg: 'mg milligram milligrams 毫克',
  g: 'g gram grams 克',
  kg: 'kg kilogram kilograms kilo kilos 公斤 千克',
  tonne: 'ton tons tonne tonnes 吨',
  pound: 'lb lbs 磅',
  ounce: 'oz ounce ounces 盎司',
  ml: 'ml millilitre millilitres milliliter milliliters 毫升',
  l: 'litre litres liter liters 升',
  gallon: 'gallon gallons 加仑',
  byte: 'byte bytes 字节',
  kb: 'kb KiB kilobyte kilobytes',
  mb: 'mb MiB megabyte megabytes',
  gb: 'gb GiB gigabyte gigabytes',
  tb: 'tb TiB terabyte terabytes',
  bit: 'bits',
  mbps: 'mbps',
  gbps: 'gbps',
  hz: 'hz 赫兹',
  khz: 'khz',
  mhz: 'mhz',
  ghz: 'ghz',
  watt: 'watt watts 瓦',
  kw: 'kw kilowatt kilowatts 千瓦',
  mw: 'megawatt megawatts',
  kwh: 'kwh',
  volt: 'volt volts 伏',
  ms: 'ms millisecond milliseconds 毫秒',
  kmh: 'km/h kph',
  mph: 'mph',
  knot: 'knots 节',
  px: 'px pixel pixels 像素',
  kpa: 'kpa',
  mpa: 'mpa',
  bar: 'bars',
  psi: 'psi',
  usd: '$ usd us$ dollar dollars 美元 美金',
  eur: '€ eur euro euros 欧元',
  gbp: '£ gbp pounds sterling 英镑',
  cny: 'cny rmb yuan 元 人民币 块钱',
  jpy: 'jpy yen 日元',
  inr: '₹ inr rupee rupees 卢比',
  chf: 'chf francs',
  cent: 'cent cents 美分',
  cad: 'cad',
  aud: 'aud',
  hkd: 'hkd 港元 港币',
  twd: 'twd ntd 新台币',
  krw: '₩ krw 韩元',
  times: 'times 次 mal',
  fold: 'fold 倍',
  person: 'people persons person 人 名 位',
  page: 'pages 页 seiten',
  line: 'lines',
  word: 'words 字',
  character: 'characters 字符',
  token: 'tokens',
  point: 'points point 分 punkte',
  floor: 'floors 层 楼',
  item: 'items',
};

const byName = new Map<string, string>();
for (const [unit, names] of Object.entries(UNITS)) for (const name of names.split(' ')) byName.set(name, unit);

/** Countable things: wrong when they differ, but their absence beside a number says nothing. */
const SOFT = new Set(['person', 'times', 'item', 'floor', 'age', 'point', 'line', 'word', 'page', 'degree']);

/** The name of a unit as written (a Latin word in any case), or undefined. */
export function unitOf(word: string): string | undefined {
  return byName.get(word) ?? byName.get(word.toLowerCase());
}

const HAN_UNITS = [...byName.keys()].filter((name) => /\p{Script=Han}/u.test(name)).sort((a, b) => b.length - a.length);

/** The unit that Han text begins with, longest first. */
export function hanUnitAt(text: string, at: number): { unit: string; length: number } | undefined {
  for (const name of HAN_UNITS) if (text.startsWith(name, at)) return { unit: byName.get(name)!, length: name.length };
  return undefined;
}

export function isHardUnit(unit: string | undefined): boolean {
  return unit !== undefined && !SOFT.has(unit);
}

/** Whether two units may stand for one another: 30-year-old is 30岁, 0.5 kB is not 0.5 MB. */
export function sameUnit(a: string, b: string): boolean {
  if (a === b) return true;
  const pair = [a, b].sort().join(' ');
  return (
    pair === 'age year' ||
    pair === 'celsius degree' ||
    pair === 'degree fahrenheit' ||
    pair === 'item times' ||
    pair === 'gbp pound' ||
    pair === 'day date' ||
    pair === 'fold times'
  );
}
