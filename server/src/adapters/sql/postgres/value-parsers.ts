import pg from 'pg';
import { SqlError } from '../../../ports/sql.ts';

/**
 * Text results of the server → the values ports/sql.ts promises. Per client, because pg's own table is global and other
 * packages read it. Types that are not listed stay text: numeric, json, jsonb, uuid, date, interval …
 */
type Parse = (text: string) => unknown;

const asIs: Parse = (text) => text;
const builtIn = pg.types.getTypeParser as unknown as (oid: number, format: 'text') => Parse;
const textArray = builtIn(1009, 'text') as (text: string) => (string | null)[];
const arrayOf = (parse: Parse): Parse => {
  return (text) => textArray(text).map((item) => (item === null ? null : parse(item)));
};

/** int8 as a number; a value that a number cannot hold exactly is an error, never a wrong number. */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new SqlError(`The bigint ${text} does not fit a number.`, { sqlState: '22003', connection: false });
  }
  return value;
}

/** `2026-01-02 03:04:05[.678901]+00` → `2026-01-02T03:04:05.678Z`, by characters: a Date per row would cost as much as the row. */
export function parseTimestamptz(text: string): string {
  if (text.charCodeAt(10) !== 32 || !text.endsWith('+00')) {
    throw new SqlError(`The timestamp ${text} is not of the years 0001 to 9999.`, {
      sqlState: '22008',
      connection: false,
    });
  }
  const millis = text.length > 22 ? text.slice(20, -3).slice(0, 3).padEnd(3, '0') : '000';
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${millis}Z`;
}

const byOid = new Map<number, Parse>([
  [16, (text) => text === 't'],
  [17, builtIn(17, 'text')],
  [20, parseInt8],
  [21, Number],
  [23, Number],
  [26, Number],
  [700, Number],
  [701, Number],
  [1184, parseTimestamptz],
  [1000, arrayOf((text) => text === 't')],
  [1005, arrayOf(Number)],
  [1007, arrayOf(Number)],
  [1009, textArray],
  [1015, textArray],
  [1016, arrayOf(parseInt8)],
  [1185, arrayOf(parseTimestamptz)],
  [1231, textArray],
  [2951, textArray],
]);

export const valueParsers = {
  getTypeParser: (oid: number) => byOid.get(oid) ?? asIs,
} as unknown as NonNullable<pg.ClientConfig['types']>;
