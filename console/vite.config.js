import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Everything is bundled: the console must work without the internet.
export default defineConfig({
  plugins: [react()],
  base: './',
  build: { outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 3000, assetsInlineLimit: 0 },
  server: { proxy: { '/graphql': 'http://127.0.0.1:8080', '/samples.json': 'http://127.0.0.1:8080' } },
});
