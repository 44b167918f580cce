/** Builds the page to a folder that any static server serves under any path. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  // The page imports the package from its source.
  server: { fs: { allow: [fileURLToPath(new URL('../..', import.meta.url))] } },
  build: { target: 'es2022', chunkSizeWarningLimit: 1500, emptyOutDir: true },
})
