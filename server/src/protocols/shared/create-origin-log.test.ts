import { expect, test } from 'vitest';
import { silentLog } from '../../kernel/log.ts';
import { findCredential } from './authenticate.ts';
import { createOriginLog } from './create-origin-log.ts';

const cookie = { cookie: 'parley_session=x', host: '127.0.0.1:4000' };

function watch() {
  const lines: object[] = [];
  const onRefused = createOriginLog({ ...silentLog, warn: (fields) => void lines.push(fields) });
  const open = (origin: string, url?: string) =>
    findCredential(
      { method: 'POST', headers: { ...cookie, origin }, url },
      { allowedOrigins: [], trustProxy: false, onRefused },
    );
  return { lines, open };
}

test('a page that is refused is told how to be allowed, and one line names its origin', () => {
  const { lines, open } = watch();
  for (let i = 0; i < 3; i++) {
    expect(() => open('https://chat.example.org')).toThrow(/--public-url or --allowed-origins/);
    expect(() => open('https://chat.example.org', '/realtime')).toThrow(/--public-url or --allowed-origins/);
  }
  expect(lines).toEqual([{ origin: 'https://chat.example.org', host: '127.0.0.1:4000' }]);
  open('http://127.0.0.1:4000');
  expect(lines).toHaveLength(1);
});

test('whoever sends ever other origins writes no more than twenty short lines', () => {
  const { lines, open } = watch();
  for (let i = 0; i < 100; i++) expect(() => open(`https://${i}.${'x'.repeat(1_000)}`)).toThrow();
  expect(lines).toHaveLength(20);
  expect(JSON.stringify(lines).length).toBeLessThan(20 * 300);
});
