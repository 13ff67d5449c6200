/** `npm start`: everything a machine with Node and a clone needs to serve. `npm start -- --port 5000` passes options on. */
process.argv.splice(2, 0, 'serve');
await import('./parley.mjs');
