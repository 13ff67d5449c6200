import { describe, expect, test } from 'vitest';
import { parseListens } from './parse-listens.ts';

describe('ports of their own', () => {
  test('each serves one protocol', () => {
    expect(parseListens('')).toEqual([]);
    expect(parseListens(' 4300=veigo  4100=grpc:veigo ')).toEqual([
      { text: '4300=veigo', port: 4300, transport: 'http', protocol: 'veigo' },
      { text: '4100=grpc:veigo', port: 4100, transport: 'grpc', protocol: 'veigo' },
    ]);
  });

  test.each([
    ['4100', /must be like 4100=grpc:veigo/],
    ['99999=native', /must be like/],
    ['4100=http:native', /must be like/],
    ['4100=nativ', /no protocol "nativ"; known: native/],
    ['4100=grpc:native', /native does not speak gRPC: veigo does/],
    ['4100=native,open', /native has no open listeners: leave ",open" out/],
    ['4100=native,trusted', /native has no trusted listeners/],
    ['4100=native,ajar', /"ajar" means nothing here: open or trusted/],
    ['4100=native 4100=native', /port 4100 is given twice, also in 4100=native/],
  ])('%s is refused with what to do', (text, said) => {
    expect(() => parseListens(text)).toThrow(said);
  });

  test('every problem is told', () => {
    expect(() => parseListens('1=x 2=y')).toThrow(/1=x: .*; 2=y: /);
  });
});
