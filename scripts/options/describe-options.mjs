/**
 * The documents that follow from the table of options (server/src/main/options.ts).
 *
 * @typedef {Record<string, {placeholder: string, fallback?: string, help: string}>} Options
 */

const envName = (name) => `PARLEY_${name.replaceAll('-', '_').toUpperCase()}`;
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

/** @param {Options} options @returns {string} the text of .env.example */
export function describeAsEnvironment(options) {
  const blocks = Object.entries(options).map(
    ([name, { placeholder, fallback, help }]) =>
      `# ${sentence(help)}\n# ${envName(name)}=${fallback ?? `<${placeholder.toLowerCase()}>`}\n`,
  );
  return `# Generated from server/src/main/options.ts by \`npm run build && node scripts/generate-options.mjs\`.
# Copy to .env and take away the # where a value differs: npm start reads .env. What is set in the environment wins over .env, a
# flag wins over both. The values shown are those that hold when nothing is set.

${blocks.join('\n')}`;
}

/** @param {Options} options @returns {string} the table of docs/operations/configuration.md */
export function describeAsTable(options) {
  const rows = Object.entries(options).map(
    ([name, { placeholder, fallback, help }]) =>
      `| \`--${name} ${placeholder}\` | \`${envName(name)}\` | ${fallback ? `\`${fallback}\`` : ''} | ${help.replaceAll('|', '\\|')} |`,
  );
  return ['| flag | variable | default | |', '|---|---|---|---|', ...rows].join('\n');
}

const begin = '<!-- options: generated -->';
const end = '<!-- end of options -->';

/** Puts the table between its two marks in the text of a document. */
export function placeTable(document, table) {
  const [head, tail] = [document.indexOf(begin), document.indexOf(end)];
  if (head < 0 || tail < head) throw new Error(`the document has no "${begin}" … "${end}"`);
  return `${document.slice(0, head + begin.length)}\n\n${table}\n\n${document.slice(tail)}`;
}
