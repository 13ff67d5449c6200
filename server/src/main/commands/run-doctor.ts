import path from 'node:path';
import type { Options } from '../options.ts';
import { doctor, formatFindings } from './doctor.ts';
import { withDatabases } from './with-databases.ts';

/** `parley doctor`: exit code 1 when there is a problem. */
export async function runDoctor(options: Options): Promise<void> {
  const findings = await withDatabases(options, (databases) =>
    doctor({ databases, folders: [options.data], blobs: path.join(options.data, 'blobs') }),
  );
  const { text, exitCode } = formatFindings(findings);
  console.log(text);
  process.exitCode = exitCode;
}
