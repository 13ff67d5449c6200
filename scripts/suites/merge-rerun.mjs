/** More failed files than these are no accident: running them again would only cost time. */
const mostFiles = 5;

/**
 * @param {import('./write-report.mjs').Report} report
 * @returns {string[]} the files to run once more; none when it could not help
 */
export function filesToRerun({ failures }) {
  const files = [...new Set(failures.map((failure) => failure.file))];
  return files.length > mostFiles || files.includes('') ? [] : files;
}

/**
 * Puts the second run of some files in the place of the first.
 *
 * @param {import('./write-report.mjs').Report} first
 * @param {import('./write-report.mjs').Report} second
 * @returns {import('./write-report.mjs').Report & {unstable: import('./write-report.mjs').Failure[]}} `unstable`: what
 *   failed in the first run only. What failed in the second, or did not run again, stays failed.
 */
export function mergeRerun(first, second) {
  const ranAgain = ({ file }) => file in second.files;
  const failedAgain = ({ file, test }) =>
    second.failures.some((failure) => failure.file === file && failure.test === test);
  return {
    files: { ...first.files, ...second.files },
    failures: [...first.failures.filter((failure) => !ranAgain(failure)), ...second.failures],
    unstable: first.failures.filter((failure) => ranAgain(failure) && !failedAgain(failure)),
  };
}
