/**
 * A Mermaid diagram of one schema. No foreign keys are declared (a change stream and its consumers meet rows in any order),
 * so lines follow the names: `conversation_id` belongs to `conversations`. Ids of other schemas get no line: no service
 * reads another's tables.
 *
 * @param {Map<string, {name: string, type: string, key: boolean}[]>} tables `schema.table` → columns
 * @returns {string}
 */
export function drawErd(tables) {
  const bare = new Map([...tables].map(([name, columns]) => [name.split('.').at(-1), columns]));
  const lines = ['erDiagram'];
  for (const [name, columns] of bare) {
    for (const column of columns) {
      const target = `${column.name.replace(/_id$/, '')}s`;
      if (!column.name.endsWith('_id') || target === name || !bare.has(target)) continue;
      const many = column.key && columns.filter((candidate) => candidate.key).length === 1 ? 'o|' : 'o{';
      lines.push(`  ${target} ||--${many} ${name} : "${column.name}"`);
    }
  }
  for (const [name, columns] of bare) {
    lines.push(`  ${name} {`);
    for (const { name: column, type, key } of columns) {
      lines.push(`    ${type.replace(/[(),\s]+/g, '_').replace(/_$/, '')} ${column}${key ? ' PK' : ''}`);
    }
    lines.push('  }');
  }
  return lines.join('\n');
}
