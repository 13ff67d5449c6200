/**
 * The headings and bullets of a Markdown text, in order: what docs/coverage.md answers one by one. Numbered points count as
 * bullets; fences of code hold none. Links, emphasis and code marks are taken off, so that a cell of a table can hold the text.
 *
 * @param {string} markdown
 * @returns {string[]} each heading as `## Text`, each bullet as `- Text`
 */
export function listItems(markdown) {
  const items = [];
  let inFence = false;
  for (const line of markdown.split('\n')) {
    const mark = /^\s*(?:`{3,}|~{3,})/.test(line);
    // One of the texts forgets to close a fence, and closes others with another number of marks than it opened them with.
    if (/^#{2,} /.test(line)) inFence = false;
    if (mark) inFence = !inFence || line.trim().replace(/^[`~]+/, '') !== '';
    if (mark || inFence) continue;
    const heading = /^(#{1,6})\s+(.+?)\s*#*$/.exec(line);
    const bullet = /^\s*(?:[-*+]|\d+[.)])\s+(.+)$/.exec(line);
    if (heading) items.push(`${heading[1]} ${plain(heading[2])}`);
    else if (bullet) items.push(`- ${plain(bullet[1])}`);
  }
  return items;
}

function plain(text) {
  return text
    .replace(/!\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\[([^\]]*)\]\((?:<[^>]*>|[^)]*)\)/g, '$1')
    .replace(/[`*]/g, '')
    .replace(/(?<![\w])_+|_+(?![\w])/g, '')
    .replace(/\|/g, '/')
    .replace(/[<>]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
