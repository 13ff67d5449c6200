/**
 * @param {readonly {name: string, running: boolean, pid?: number, port?: number, url?: string}[]} rows
 * @param {string} dir
 */
export function describeStatus(rows, dir) {
  const cells = rows.map(({ name, running, pid, port, url }) => [
    name,
    running ? 'up' : 'down',
    String(pid ?? ''),
    String(port ?? ''),
    url ?? '',
  ]);
  const table = [['engine', 'state', 'pid', 'port', 'url'], ...cells];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, `data: ${dir}`].join('\n');
}
