import { existsSync } from 'node:fs';
import { createPostgres } from '../../adapters/sql/postgres/create-postgres.ts';
import { readDisk } from '../../adapters/storage-guard/disk/disk-gauge.ts';
import type { Sql } from '../../ports/sql.ts';
import { lookAtAttachments } from './doctor-attachments.ts';
import { databaseRules, readServer } from './doctor-rules.ts';
import type { Finding } from './finding.ts';

export interface DoctorCommand {
  /** Service → URL of its database; equal ones are looked at once. */
  readonly databases: Readonly<Record<string, string>>;
  /** Folders whose disks are looked at; those that do not exist are left out. */
  readonly folders: readonly string[];
  /** Where the bytes of attachments are. */
  readonly blobs?: string;
}

/** Looks at everything; reports what it finds, never throws for it (MESSAGE-PATH rule 14). */
export async function doctor({ databases, folders, blobs }: DoctorCommand): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const url of new Set(Object.values(databases))) {
    const sql = createPostgres({ url, max: 1, applicationName: 'parley doctor', statementTimeoutMs: 10_000 });
    const { host, pathname } = new URL(url);
    try {
      findings.push(
        ...(await lookAtDatabase(sql)).map((each) => ({ ...each, check: `${host}${pathname}: ${each.check}` })),
      );
    } catch (error) {
      findings.push({
        ok: false,
        check: `${host}${pathname}`,
        found: error instanceof Error ? error.message : String(error),
        consequence:
          'Parley does not start without its database. Check the URL, the password and that PostgreSQL runs.',
      });
    } finally {
      await sql.close();
    }
  }
  if (databases.chat !== undefined && blobs !== undefined)
    findings.push(...(await lookAtAttachments(databases.chat, blobs)));
  for (const folder of folders.filter((each) => existsSync(each))) findings.push(await lookAtDisk(folder));
  return findings;
}

/** The findings as lines for a terminal; the exit code is 1 when there is a problem. */
export function formatFindings(findings: readonly Finding[]): { readonly text: string; readonly exitCode: 0 | 1 } {
  const lines = findings.map(({ ok, check, found, consequence }) => {
    return `${ok ? 'ok     ' : 'PROBLEM'}  ${check}: ${found}${consequence ? `\n         ${consequence}` : ''}`;
  });
  return { text: lines.join('\n'), exitCode: findings.every(({ ok }) => ok) ? 0 : 1 };
}

async function lookAtDatabase(sql: Sql): Promise<Finding[]> {
  const server = await readServer(sql);
  return databaseRules.map(({ check, of, ok, consequence }) => {
    const fine = ok(server);
    return { ok: fine, check, found: of(server), ...(!fine && { consequence }) };
  });
}

async function lookAtDisk(folder: string): Promise<Finding> {
  const { free, total } = await readDisk(folder);
  const ok = free >= 2 ** 30 && free / total >= 0.05;
  const found = `${(free / 2 ** 30).toFixed(1)} GiB of ${(total / 2 ** 30).toFixed(1)} GiB free`;
  return {
    ok,
    check: `disk of ${folder}`,
    found,
    ...(!ok && { consequence: 'Below 1 GiB or 5 % sends are refused. Make room.' }),
  };
}
