import { describe, expect, test } from 'vitest';
import type { ProtocolData } from '../protocols/shared/protocol.ts';
import { parseListens } from './parse-listens.ts';

describe('ports of their own', () => {
  test('each serves one protocol', () => {
    expect(parseListens('')).toEqual([]);
    expect(parseListens(' 4300=veigo  4100=grpc:veigo ')).toEqual([
      { text: '4300=veigo', port: 4300, transport: 'http', protocol: 'veigo', mode: null },
      { text: '4100=grpc:veigo', port: 4100, transport: 'grpc', protocol: 'veigo', mode: null },
    ]);
  });

  test.each([
    ['4100', /must be like 4100=grpc:veigo/],
    ['99999=native', /must be like/],
    ['4100=http:native', /must be like/],
    ['4100=nativ', /no protocol "nativ"; known: graphql, native, veigo/],
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

describe('modes', () => {
  const load = () => Promise.reject(new Error('nobody asked'));
  const protocols: readonly ProtocolData[] = [
    { name: 'free', mainPort: null, ownPort: { upgrades: ['/'] }, listenModes: ['open'], load },
    { name: 'vouched', mainPort: { grpc: ['x.X'] }, listenModes: ['open', 'trusted'], load },
  ];

  test('are for the protocols that have them', () => {
    expect(parseListens('1=free,open 2=grpc:vouched,trusted 3=free', protocols)).toMatchObject([
      { port: 1, transport: 'http', protocol: 'free', mode: 'open' },
      { port: 2, transport: 'grpc', protocol: 'vouched', mode: 'trusted' },
      { port: 3, transport: 'http', protocol: 'free', mode: null },
    ]);
  });

  test.each([
    ['1=free,trusted', /free has no trusted listeners: leave ",trusted" out/],
    ['1=vouched,trusted', /only gRPC can be trusted: write grpc:vouched,trusted/],
    ['1=grpc:vouched,open', /only HTTP can be open: write vouched,open/],
    ['1=grpc:free', /free does not speak gRPC: vouched does/],
  ])('%s is refused with what to do', (text, said) => {
    expect(() => parseListens(text, protocols)).toThrow(said);
  });
});
