import { readFileSync } from 'node:fs';
import { root } from '../setup/paths.mjs';

/** @returns {Record<string, number>} the HTTP status of each code, as docs/protocol/errors.md has them */
export function readErrorCodes() {
  const page = readFileSync(`${root}/docs/protocol/errors.md`, 'utf8');
  const rows = [...page.matchAll(/^\| (`[a-z_.]+`(?:, `[a-z_.]+`)*) \| (\d{3}) \|/gm)];
  return Object.fromEntries(
    rows.flatMap(([, codes, status]) => [...codes.matchAll(/`([^`]+)`/g)].map(([, code]) => [code, Number(status)])),
  );
}
