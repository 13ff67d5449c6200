import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import type { Clock } from '../../../kernel/clock.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';
import type { PublicKey } from '../api.ts';
import type { KeySeal } from './create-key-seal.ts';

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** What the JWKS shows. */
  readonly publicJwk: PublicKey;
}

export interface SigningKeys {
  /**
   * Reads the keys; makes one when there is none or the newest is too old, and seals those that are not sealed as they should be.
   * Processes that do so at once agree on one. Throws, and changes nothing, when a key cannot be opened.
   */
  load(): Promise<void>;
  /** Retires the present key: it signs nothing more, and verifies until the last token it signed has expired. */
  rotate(): Promise<void>;
  /** `load` must have been called. */
  current(): SigningKey;
  /** Asks the database for a key it does not know, a few times a minute at the most: another process may have rotated. */
  find(kid: string): Promise<SigningKey | null>;
  /** Read anew, for another process may have rotated; those last known while the database is away. */
  published(): Promise<readonly PublicKey[]>;
}

interface KeyRow {
  readonly kid: string;
  readonly private_jwk: string;
  readonly retired_at: string | null;
  readonly too_old: boolean;
}

/** Any number, as long as it is always the same. */
const lockId = 7_251_833;
const askAgainMs = 5_000;

export function createSigningKeys(deps: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly seal: KeySeal;
  readonly rotationDays: number;
  /** How long a retired key still verifies. */
  readonly keepMs: number;
}): SigningKeys {
  const { sql, clock, seal } = deps;
  let keys = new Map<string, SigningKey>();
  let newest: SigningKey | null = null;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | null = null;

  async function readRows(session: Pick<SqlSession, 'query'>): Promise<KeyRow[]> {
    return session.query<KeyRow>(
      `select kid, private_jwk, retired_at, created_at < now() - make_interval(days => $2) as too_old
       from identity.signing_keys where retired_at is null or retired_at > now() - make_interval(secs => $1)
       order by created_at desc, kid`,
      [deps.keepMs / 1_000, deps.rotationDays],
    );
  }

  async function adopt(rows: readonly KeyRow[]): Promise<void> {
    const known = await Promise.all(rows.map(async (row) => keys.get(row.kid) ?? (await importKey(row, seal))));
    keys = new Map(known.map((key) => [key.kid, key]));
    newest = known[rows.findIndex((row) => row.retired_at === null)] ?? null;
    loadedAt = clock.monotonic();
  }

  /** Seals what is stale, and makes a new key if the present one is due. */
  const replaceKey = (isDue: (present: KeyRow | undefined) => boolean) =>
    sql.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [lockId]);
      // After the lock and in its own statement: what another process has just made is seen.
      const rows = await readRows(tx);
      for (const { kid, jwk } of await findStale(rows))
        await tx.query('update identity.signing_keys set private_jwk = $2 where kid = $1', [
          kid,
          await seal.seal(kid, jwk),
        ]);
      // They verify nothing any more, and would stay as they were sealed, or not sealed, then.
      await tx.query('delete from identity.signing_keys where retired_at <= now() - make_interval(secs => $1)', [
        deps.keepMs / 1_000,
      ]);
      if (!isDue(rows.find((row) => row.retired_at === null))) return;
      const { kid, jwk } = await generateKey();
      await tx.query('update identity.signing_keys set retired_at = now() where retired_at is null');
      await tx.query('insert into identity.signing_keys (kid, private_jwk, created_at) values ($1, $2, now())', [
        kid,
        await seal.seal(kid, JSON.stringify(jwk)),
      ]);
    });

  async function findStale(rows: readonly KeyRow[]): Promise<{ readonly kid: string; readonly jwk: string }[]> {
    const opened = await Promise.all(
      rows.map(async ({ kid, private_jwk }) => ({ kid, ...(await seal.open(kid, private_jwk)) })),
    );
    return opened.flatMap(({ kid, jwk, stale }) => (stale && jwk !== undefined ? [{ kid, jwk }] : []));
  }

  /** One reading at a time, however many want it. */
  function ask(): Promise<void> {
    asking ??= readRows(sql)
      .then(adopt)
      .finally(() => {
        asking = null;
      });
    return asking;
  }

  async function load(): Promise<void> {
    const rows = await readRows(sql);
    await adopt(rows);
    const due = (present: KeyRow | undefined) => !present || present.too_old;
    if (!due(rows.find((row) => row.retired_at === null)) && (await findStale(rows)).length === 0) return;
    await replaceKey(due);
    await adopt(await readRows(sql));
  }

  return {
    load,
    async rotate() {
      const before = newest?.kid;
      await replaceKey((present) => before === undefined || present?.kid === before || !present);
      await adopt(await readRows(sql));
    },
    current() {
      if (!newest) throw new Error('signing keys were used before they were loaded');
      return newest;
    },
    async find(kid) {
      const key = keys.get(kid);
      if (key || clock.monotonic() - loadedAt < askAgainMs) return key ?? null;
      await ask();
      return keys.get(kid) ?? null;
    },
    async published() {
      await ask().catch(() => {}); // that the database is away is for others to say
      return [...keys.values()].map((key) => key.publicJwk);
    },
  };
}

async function generateKey(): Promise<{ kid: string; jwk: JWK }> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { kid: await calculateJwkThumbprint(jwk), jwk };
}

async function importKey(row: KeyRow, seal: KeySeal): Promise<SigningKey> {
  const opened = await seal.open(row.kid, row.private_jwk);
  if (!opened) {
    throw new Error(
      'the signing keys in the database are sealed, and not with the secret this process was given: give the one they were ' +
        'sealed with as PARLEY_KEY_SECRET, or NEW,OLD to change it (docs/operations/deploying.md says what to do when it is lost)',
    );
  }
  const jwk = JSON.parse(opened.jwk) as JWK & { kty: string; crv: string; x: string; y: string };
  const publicJwk = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, kid: row.kid, alg: 'ES256', use: 'sig' };
  return {
    kid: row.kid,
    privateKey: (await importJWK(jwk, 'ES256')) as CryptoKey,
    publicKey: (await importJWK(publicJwk, 'ES256')) as CryptoKey,
    publicJwk,
  };
}
