import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `npm run dev -w web` serves the sources and hands everything else to a server on port 4000. */
const server = 'http://127.0.0.1:4000';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: 'dist',
    // The page's policy allows scripts from files of our own only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|react-router|scheduler)[\\/]/ },
            { name: 'state', test: /node_modules[\\/](@reduxjs|react-redux|immer|reselect|redux)[\\/]/ },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': { target: server }, '/realtime': { target: server, ws: true } } },
});
