/**
 * Functions over rows, with the rows that Microsoft's pages, or recorded answers of the real engine, give. Arguments are columns wherever
 * a function takes columns: what only constants can do is of no use.
 */
export interface ScalarCase {
  readonly name: string;
  readonly kql: string;
  readonly rows: readonly (readonly unknown[])[];
}

const texts: readonly ScalarCase[] = [
  {
    name: 'delimiters may be columns; records of empty fields',
    kql: String.raw`datatable(s:string, p:string)['a.b', '.', 'aXb', 'X', 'ab', ''] | project a=split(s, p), b=split(s, p, 1), c=strcat_delim(p, s, 'z'), d=strcat_array(dynamic([1,2]), p), e=strrep('q', 2, p), f=parse_csv(iff(p == '', s, strcat(',', s)))`,
    rows: [
      ['["a","b"]', '["b"]', 'a.b.z', '1.2', 'q.q', '["","a.b"]'],
      ['["a","b"]', '["b"]', 'aXbXz', '1X2', 'qXq', '["","aXb"]'],
      ['["ab"]', '', 'abz', '12', 'qq', '["ab"]'],
    ],
  },
  {
    name: 'groups that an expression lacks are empty; code points are written as \\u',
    kql: String.raw`datatable(s:string)['aéb'] | project a=extract('b', 1, s), b=replace_regex(s, 'a(.)', @'\2<\1>'), c=s matches regex @'^a\u00e9', d=extract_all('(a)(.)', dynamic([1,2,3]), s)`,
    rows: [['', '<é>b', true, '[["a","é"]]']],
  },
  {
    name: 'a datetime by a number is its ticks, and one without a date is of today',
    kql: `datatable(t:datetime, n:long)[datetime(2000-01-01), 2] | project a=t / n * 2, b=datetime('5:30 PM'), c=datetime("12 am")`,
    rows: [['2000-01-01T00:00:00.0000000Z', '2026-01-03T17:30:00.0000000Z', '2026-01-03T00:00:00.0000000Z']],
  },
  {
    name: 'members expand under their own name, again and again; wildcards that fit nothing take nothing away',
    kql: `datatable(d:dynamic)[dynamic({"a":[1,2]})] | mv-expand d.a | mv-expand d.a | summarize n=count() by tolong(d_a) | project-away *z, x* | sort by d_a asc`,
    rows: [
      [1, 2],
      [2, 2],
    ],
  },
  {
    name: 'a dot takes no line feed; digits, blanks and letters are Unicode’s',
    kql: String.raw`datatable(s:string)['a\nb', '１２', '\u00a0x', 'é1'] | project dot=s matches regex 'a.b', all=s matches regex '(?s)a.b', digits=extract(@'(\d+)', 1, s), trimmed=strlen(trim(@'\s', s)), word=extract(@'^(\w+)$', 1, s)`,
    rows: [
      [false, true, '', 3, ''],
      [false, false, '１２', 2, '１２'],
      [false, false, '', 1, ''],
      [false, false, '1', 2, 'é1'],
    ],
  },
  {
    name: 'extract finds a group that begins with something escaped that may be absent',
    kql: String.raw`datatable(s:string)['x [{"a":1}', 'x {"a":2}'] | project a=extract(@'(\[?\{"a":(?s:.*))$', 1, s), b=extract(@'(\(?\w)(\d?)', 2, s)`,
    rows: [
      ['[{"a":1}', ''],
      ['{"a":2}', ''],
    ],
  },
  {
    name: 'extract gives the type it is asked for',
    kql: String.raw`datatable(s:string)['n=12', 'n=x'] | project extract(@'n=(\d+)', 1, s, typeof(long)) + 1`,
    rows: [[13], [null]],
  },
  {
    name: 'where an expression matches: start, length, occurrence',
    kql: `datatable(s:string)['abcabc', 'abcabcdefg', 'ababaa'] | project a=indexof_regex(s, 'a.c'), b=indexof_regex(s, 'a.c', 0, 9, 2), c=indexof_regex(s, 'a.a', 0, -1, 2), d=indexof_regex(s, 'a', -1)`,
    rows: [
      [0, 3, -1, null],
      [0, 3, -1, null],
      [-1, -1, -1, null],
    ],
  },
  {
    name: 'lookups are replaced in their order, and what was replaced is left alone',
    kql: `datatable(s:string)['This is it'] | project a=replace_strings(s, dynamic(['This','is']), dynamic(['This','was'])), b=replace_strings(s, dynamic(['is','This']), dynamic(['was','This']))`,
    rows: [['This was it', 'Thwas was it']],
  },
  {
    name: 'translate repeats the last sign; without any the others go',
    kql: `datatable(s:string)['spark-abc'] | project translate('krasp', 'otsku', s), translate('abc', 'x', s), translate('abc', '', s)`,
    rows: [['kusto-sbc', 'spxrk-xxx', 'sprk-']],
  },
  {
    name: 'terms part at signs of any script',
    kql: `datatable(s:string)['foo—bar', 'foo_bar', 'foobar', 'fooébar', 'BAR'] | project has=s has 'bar', cs=s has_cs 'bar', prefix=s hasprefix 'ba', suffix=s hassuffix 'bar', any=s has_any ('w', 'x', 'y', 'z', 'bar'), all=s has_all ('foo', 'bar')`,
    rows: [
      [true, true, true, true, true, true],
      [true, true, true, true, true, true],
      [false, false, false, true, false, false],
      [false, false, false, true, false, false],
      [true, false, true, true, true, false],
    ],
  },
  {
    name: 'terms and expressions of what a group has gathered',
    kql: `datatable(p:string, c:string)['host', 'a', 'rpcss', 'a', 'host', 'b'] | summarize P=make_set(p) by c | where P has 'rpcss' or P matches regex 'x' or P matches regex 'y' | project c`,
    rows: [['a']],
  },
  {
    name: 'paths, versions, sizes, hexadecimal digits',
    kql: String.raw`datatable(p:string, n:int, size:long)['C:\\temp\\file.txt', -256, 10332] | project parse_path(p).RootPath, tohex(n), tohex(tolong(n)), tohex(n, 10), format_bytes(size, 1), format_bytes(size, 0, 'KB'), parse_version('1.2.3.4')`,
    rows: [['"C:\\\\"', 'ffffff00', 'ffffffffffffff00', '00ffffff00', '10.1 KB', '10 KB', '1000000020000000300000004']],
  },
  {
    name: 'base64 of guids and bytes',
    kql: `datatable(g:guid)[guid(ae3133f2-6e22-49ae-b06a-16e6a9b212eb)] | extend b=base64_encode_fromguid(g) | project b, base64_decode_toguid(b) == g, base64_encode_fromarray(base64_decode_toarray('S3VzdG8='))`,
    rows: [['8jMxriJurkmwahbmqbIS6w==', true, 'S3VzdG8=']],
  },
  {
    name: 'punycode and compression outside of the engine',
    kql: `datatable(s:string)['académie-française', '1234567890qwertyuiop'] | project punycode_from_string(s), punycode_domain_to_string(s), gzip_compress_to_base64_string(s), zlib_decompress_from_base64_string(zlib_compress_to_base64_string(s))`,
    rows: [
      [
        'acadmie-franaise-npb1a',
        'xn--acadmie-franaise-npb1a',
        'H4sIAAAAAAAA/wEUAOv/YWNhZMOpbWllLWZyYW7Dp2Fpc2XHOpJMFAAAAA==',
        'académie-française',
      ],
      [
        '1234567890qwertyuiop-',
        '1234567890qwertyuiop',
        'H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==',
        '1234567890qwertyuiop',
      ],
    ],
  },
  {
    name: 'a browser’s name by the patterns of uap-core',
    kql: `datatable(u:string)['Mozilla/5.0 (Windows; U; en-US) AppleWebKit/531.9 (KHTML, like Gecko) AdobeAIR/2.5.1', ''] | project parse_user_agent(u, 'browser'), parse_user_agent(u, dynamic(['os'])).OperatingSystem.Family`,
    rows: [
      ['{"Browser":{"Family":"AdobeAIR","MajorVersion":"2","MinorVersion":"5","Patch":"1"}}', '"Windows"'],
      ['{"Browser":{"Family":"Other","MajorVersion":"","MinorVersion":"","Patch":""}}', '"Other"'],
    ],
  },
];

const numbers: readonly ScalarCase[] = [
  {
    name: 'nothing and too much are null in every row, not a failure of the query',
    kql: `datatable(a:decimal, b:decimal, t:timespan, r:real, d:dynamic)[decimal(1), decimal(0), 1h, 0.0, dynamic(0), decimal(1), decimal(null), 1h, 1e300, dynamic(null), decimal(1), decimal(4), 1h, 2.0, dynamic(2)] | project a / b, t / r, toint(a * 3000000000), todecimal(r), 7 / d, t * r, bin_at(t, t - 1h, 1h)`,
    rows: [
      [null, null, null, '0', null, '00:00:00', null],
      [null, '00:00:00', null, null, null, null, null],
      ['0.25', '00:30:00', null, '2', 3, '02:00:00', null],
    ],
  },
  {
    name: 'the gamma of a whole number is whole; constants of every type coalesce',
    kql: `print tolong(gamma(13)), coalesce(decimal(1.5), decimal(2)), coalesce(guid(74be27de-1e4e-49d9-b579-fe0b331d3642), guid(null))`,
    rows: [[479001600, '1.5', '74be27de-1e4e-49d9-b579-fe0b331d3642']],
  },
  {
    name: 'a real is the greatest of the shortest texts that read back as it',
    kql: `datatable(r:real)[0.1, 2.0, 0.30000000000000004, -0.30000000000000004, 100000000000.0, 1e300, 1.5e-7] | project tostring(r)`,
    rows: [
      ['0.1'],
      ['2.0'],
      ['0.30000000000000007'],
      ['-0.30000000000000007'],
      ['100000000000.0'],
      ['1E+300'],
      ['1.5E-07'],
    ],
  },
  {
    name: 'an int that is negated or made absolute is a long',
    kql: `datatable(i:int)[-2147483648, 5] | extend n=-i, a=abs(i)`,
    rows: [
      [-2147483648, 2147483648, 2147483648],
      [5, -5, 5],
    ],
  },
  {
    name: 'shifts of a negative number of bits are null; around is a distance',
    kql: `datatable(n:long)[1, -1] | project binary_shift_left(4, n), binary_shift_right(4, n), around(n, 2, 1)`,
    rows: [
      [8, 2, true],
      [null, null, false],
    ],
  },
  {
    name: 'units, unknown ones null',
    kql: `datatable(x:real, u:string)[1.2, 'Meter', 1.0, 'Ell'] | project round(convert_length(x, u, 'Foot'), 6), convert_temperature(x, 'Kelvin', 'DegreeCelsius'), round(convert_energy(x, 'Joule', 'BritishThermalUnit'), 9)`,
    rows: [
      [3.937008, -271.95, 0.001137381],
      [null, -272.15, 0.000947817],
    ],
  },
  {
    name: 'beta distributions and Welch’s test',
    kql: `datatable(x:real)[0.9, 1.5] | project round(beta_cdf(x, 10.0, 20.0), 12), beta_pdf(x, 10.0, 20.0) > 0, round(beta_inv(x, 10.0, 20.0), 6), round(welch_test(20.82, 7.86742857, 15, 22.98667, 3.81266667, 15), 4)`,
    rows: [
      [1, true, 0.445238, 0.0214],
      ['NaN', false, null, 0.0214],
    ],
  },
];

const times: readonly ScalarCase[] = [
  {
    name: 'dates in text as Microsoft’s page lists them, months first where both are numbers',
    kql: `datatable(s:string)['Sat, 8 Nov 14 15:05:02 GMT', '8 Nov 14 15:05', 'Saturday, 08-Nov-14 15:05', '08-Nov-1999 15:05:02 GMT', '2014-11-08T15:05:25 GMT', '12-02-2022', '5/1/2020 3:04:05 PM', '1577836800'] | project todatetime(s)`,
    rows: [
      ['2014-11-08T15:05:02.0000000Z'],
      ['2014-11-08T15:05:00.0000000Z'],
      ['2014-11-08T15:05:00.0000000Z'],
      ['1999-11-08T15:05:02.0000000Z'],
      ['2014-11-08T15:05:25.0000000Z'],
      ['2022-12-02T00:00:00.0000000Z'],
      ['2020-05-01T15:04:05.0000000Z'],
      [null],
    ],
  },
  {
    name: 'out of Kusto’s years is null; a null constant has no month; nanoseconds; a clock alone is of today',
    kql: `print unixtime_seconds_todatetime(1000000000000000000), unixtime_seconds_todatetime(1e300), make_datetime(2020, 1, 1, 25, 0), totimespan('20200615000'), startofmonth(datetime(null)), datetime_add('nanosecond', 700, datetime(2020-01-01)), datetime(8:05), dynamic({"t":1.5h})`,
    rows: [
      [
        null,
        null,
        null,
        null,
        null,
        '2020-01-01T00:00:00.0000007Z',
        '2026-01-03T08:05:00.0000000Z',
        '{"t":"01:30:00"}',
      ],
    ],
  },
  {
    name: 'zones from the data',
    kql: `datatable(d:datetime, z:string)[datetime(2024-07-01 12:00), 'US/Pacific', datetime(2024-01-01 12:00), 'Asia/Kolkata'] | extend l=datetime_utc_to_local(d, z) | project l, datetime_local_to_utc(l, z) == d, datetime_local_to_utc(l, 'UTC') == l`,
    rows: [
      ['2024-07-01T05:00:00.0000000Z', true, true],
      ['2024-01-01T17:30:00.0000000Z', true, true],
    ],
  },
  {
    name: 'parts of a timespan must be in their ranges; seconds have fractions',
    kql: `datatable(h:int, s:real)[12, 55.123, 25, 1.0] | project make_timespan(h, 30), make_timespan(h, 30, s), make_timespan(1, h, 30, s)`,
    rows: [
      ['12:30:00', '12:30:55.1230000', '1.12:30:55.1230000'],
      [null, null, null],
    ],
  },
  {
    name: 'weeks are a real; the year without its zeros',
    kql: `datatable(d:datetime)[datetime(2005-10-29)] | project gettype(datetime_diff('week', d, datetime(2005-09-30))), datetime_diff('day', d, datetime(2005-09-30)), format_datetime(d, 'y yy M/d'), dayofweek(d), dayofweek(datetime(9999-12-31))`,
    rows: [['real', 29, '5 05 10/29', '6.00:00:00', null]],
  },
  {
    name: 'bins by the options of the query',
    kql: `set query_bin_auto_size=1h; set query_bin_auto_at=datetime(2017-01-01 00:05); range t from datetime(2017-01-01 00:05) to datetime(2017-01-01 02:00) step 1m | summarize n=count() by bin_auto(t) | sort by t asc`,
    rows: [
      ['2017-01-01T00:05:00.0000000Z', 60],
      ['2017-01-01T01:05:00.0000000Z', 56],
    ],
  },
  {
    name: 'past the rows there is null, also where the column is one constant',
    kql: `datatable(x:long)[100] | sort by x asc | extend p = prev(x), n = next(x), m = prev(x, 1, -1)`,
    rows: [[100, null, null, -1]],
  },
  {
    name: 'sessions of rows',
    kql: `datatable(id:string, t:datetime)['1', datetime(2024-04-11 10:00), '2', datetime(2024-04-11 10:18), '1', datetime(2024-04-11 11:00), '2', datetime(2024-04-11 13:30), '2', datetime(2024-04-11 10:16)] | sort by id asc, t asc | project id, format_datetime(row_window_session(t, 1h, 5m, id != prev(id)), 'HH:mm')`,
    rows: [
      ['1', '10:00'],
      ['1', '11:00'],
      ['2', '10:16'],
      ['2', '10:16'],
      ['2', '13:30'],
    ],
  },
];

const dynamics: readonly ScalarCase[] = [
  {
    name: 'keys of bags by paths',
    kql: `datatable(d:dynamic)[dynamic({'a':1,'b':{'c':2,'d':3}}), dynamic({'a':1}), dynamic(null)] | project bag_has_key(d, '$.b.c'), bag_remove_keys(d, dynamic(['$.b.c', 'a'])), bag_set_key(d, '$.b.c', 'x')`,
    rows: [
      [true, '{"b":{"d":3}}', '{"a":1,"b":{"d":3,"c":"x"}}'],
      [false, '{}', '{"a":1,"b":{"c":"x"}}'],
      [false, '', ''],
    ],
  },
  {
    name: 'arrays sorted together; kinds in their order, nulls at one end',
    kql: `datatable(a:dynamic, b:dynamic)[dynamic([3,1,2]), dynamic(['x','y','z']), dynamic([null,'b',2,true,'a']), dynamic([1])] | extend (c, d)=array_sort_desc(a, b) | project c, d, array_sort_asc(a, false)`,
    rows: [
      ['[3,2,1]', '["x","z","y"]', '[1,2,3]'],
      ['[2,"b","a",true,null]', '', '[null,2,"a","b",true]'],
    ],
  },
  {
    name: 'ranges of numbers and times',
    kql: `datatable(n:long)[3] | project range(1, n), range(1.0, 2, 0.5), range(1h, 1h * n), range(datetime(2020-01-01), datetime(2020-01-02), 1d), range(n, 1, -2), range(1, 0)`,
    rows: [
      [
        '[1,2,3]',
        '[1.0,1.5,2.0]',
        '["01:00:00","02:00:00","03:00:00"]',
        '["2020-01-01T00:00:00.0000000Z","2020-01-02T00:00:00.0000000Z"]',
        '[3,1]',
        '[]',
      ],
    ],
  },
  {
    name: 'places in arrays, shifts, sums',
    kql: `datatable(a:dynamic)[dynamic(['this','is','an','example','an','example']), dynamic([1,2,3])] | project array_index_of(a, 'an'), array_index_of(a, 'example', 1, 3), array_index_of(a, 'an', 1, -1, 2), array_index_of(a, 'an', -3), array_shift_left(a, 1), array_sum(a)`,
    rows: [
      [2, 3, 4, 4, '["is","an","example","an","example",""]', null],
      [-1, -1, -1, -1, '[2,3,null]', 6],
    ],
  },
  {
    name: 'the shape of JSON: paths, names in order, one schema of many',
    kql: `datatable(d:dynamic)[dynamic({'b':1.0,'a':[2,{'x':'y'}]}), dynamic({'b':'t'})] | extend j=dynamic_to_json(d), p=treepath(d) | summarize s=buildschema(d), j=make_list(j), p=make_list(p)`,
    rows: [
      [
        '{"b":["double","string"],"a":{"`indexer`":["long",{"x":"string"}]}}',
        '["{\\"a\\":[2,{\\"x\\":\\"y\\"}],\\"b\\":1.0}","{\\"b\\":\\"t\\"}"]',
        "[\"['b']\",\"['a']\",\"['a'][0]\",\"['a'][0]['x']\",\"['b']\"]",
      ],
    ],
  },
  {
    name: 'bags from columns, and how much a row holds',
    kql: `datatable(a:string, n:long)['1234567890', 1] | project bag_pack_columns(a, n), estimate_data_size(*), pack_array(*)`,
    rows: [['{"a":"1234567890","n":1}', 18, '["1234567890",1]']],
  },
];

const addresses: readonly ScalarCase[] = [
  {
    name: 'masks and networks',
    kql: `datatable(a:string, m:long)['192.168.1.1', 24, '192.168.1.1/24', 32, '192.168.1.1/24', -1, '1.2.3.4/33', 32] | project format_ipv4(a, m), format_ipv4_mask(a, m), parse_ipv4(a), parse_ipv6_mask(a, 120)`,
    rows: [
      ['192.168.1.0', '192.168.1.0/24', 3232235777, '0000:0000:0000:0000:0000:ffff:c0a8:0100'],
      ['192.168.1.0', '192.168.1.0/24', 3232235776, '0000:0000:0000:0000:0000:ffff:c0a8:0100'],
      ['', '', 3232235776, '0000:0000:0000:0000:0000:ffff:c0a8:0100'],
      ['', '', null, '0000:0000:0000:0000:0000:ffff:0102:0300'],
    ],
  },
  {
    name: 'the networks of a range',
    kql: `datatable(a:string, b:string)['1.1.128.0', '1.1.140.255', '10.0.0.1', '10.0.0.1', 'x', '1.1.1.1'] | project ipv4_range_to_cidr_list(a, b)`,
    rows: [['["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"]'], ['["10.0.0.1/32"]'], ['']],
  },
  {
    name: 'addresses in texts, whole and partial',
    kql: `datatable(p:string)['127.0.', '127.0.0.1', '127.0', '300.'] | project has_ipv4_prefix('at 127.0.0.1 GET', p), has_ipv4('at 127.0.0.1 GET', p), has_ipv4_prefix('at 127.0.0.256', p), has_any_ipv4_prefix('at 127.0.0.1', pack_array('9.', p))`,
    rows: [
      [true, false, false, true],
      [true, true, false, true],
      [false, false, false, false],
      [false, false, false, false],
    ],
  },
];

const aggregates: readonly ScalarCase[] = [
  {
    name: 'counts over no rows are 0',
    kql: `datatable(a:long)[1] | where a > 1 | summarize dcount(a), dcountif(a, a > 0), count_distinct(a), count_distinctif(a, a > 0), dcount_hll(hll(a))`,
    rows: [[0, 0, 0, 0, 0]],
  },
  {
    name: 'over no rows: null, not zero and not 1970',
    kql: `print x=1, t=datetime(2020-01-01), r=1.5 | where x > 5 | summarize max(x), min(t), maxif(t, true), take_any(x), percentile(x, 50), avg(r), sum(x), dcount(x), covariance(x, r), stdev(r), make_list(x)`,
    rows: [[null, null, null, null, null, 'NaN', 0, 0, 0, 0, '[]']],
  },
  {
    name: 'percentiles are of the values; weights repeat them',
    kql: `datatable(w:long, v:long)[8, 10, 6, 20, 3, 30, 1, 40] | summarize percentile(v, 50), percentiles_array(v, dynamic([0, 50.1, 100])), percentilesw(v, w, 50, 75, 99.9), percentilesw_array(v, w, 50, 75, 99.9)`,
    rows: [[20, '[10,30,40]', 20, 20, 40, '[20,20,40]']],
  },
  {
    name: 'sketches merge and answer',
    kql: `range x from 1 to 1000 step 1 | summarize h=hll(x), t=tdigest(x) by g=x % 2 | summarize h=hll_merge(h), t=tdigest_merge(t) | project dcount_hll(h) between (980 .. 1020), rank_tdigest(t, 685), percentile_tdigest(t, 50, typeof(long)), percentrank_tdigest(t, 250), percentiles_array_tdigest(t, 10, 90), dcount_hll(hll_merge(h, h)) == dcount_hll(h)`,
    rows: [[true, 685, 500, 25, '[100,900]', true]],
  },
  {
    name: 'covariance of rows that meet a condition, named after both',
    kql: `range x from 1 to 100 step 1 | extend y = iff(x % 2 == 0, x * 2, x * 3) | summarize covarianceif(x, y, x % 3 == 0)`,
    rows: [[2142]],
  },
  {
    name: 'bags keep the first value of a key, and no more than they may',
    kql: `datatable(k:string, v:long)['a', 1, 'b', 2, 'a', 3, 'c', 4] | summarize make_bag(bag_pack(k, v), 2), make_bag_if(bag_pack(k, v), v > 1)`,
    rows: [['{"a":1,"b":2}', '{"b":2,"a":3,"c":4}']],
  },
];

export const scalarCases: readonly ScalarCase[] = [
  ...texts,
  ...numbers,
  ...times,
  ...dynamics,
  ...addresses,
  ...aggregates,
];

/** Refused, with a part of what is said. */
export const refusals: readonly (readonly [kql: string, message: string])[] = [
  ['print hash_combine(1, 2)', 'hash(strcat(…))'],
  ['print cursor_current()', 'ingestion_time()'],
  ['print iff(true, 1, 2.0)', 'make them one type'],
  ["print convert_angle(1.0, 'Degree', strcat('a', 'b'))", 'must be constants'],
  ["print assert(1 > 2, 'one is less than two')", 'one is less than two'],
  ['print bin_auto(1)', 'query_bin_auto_size'],
  ["print parse_user_agent('x', 'shoe')", '"browser", "os" and "device"'],
  ["print bag_has_key(dynamic({}), '$.a[0]')", 'the path $.a[0] is not supported'],
];
