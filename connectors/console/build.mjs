// Builds the console: app.js, app.css and index.html, with the widget's tools (npm ci there).
//
//   node build.mjs [--outdir=PATH]     default: dist
//
// Fails when the script is over its budget.
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const gzip_bytes_max = 25 * 1024;
const here = dirname(fileURLToPath(import.meta.url));
const tools = join(here, '../widget/package.json');
const esbuild = createRequire(tools)('esbuild');

const option = process.argv.slice(2).find((one) => one.startsWith('--outdir='));
const outdir = option ? option.slice(9) : join(here, 'dist');
await mkdir(outdir, { recursive: true });
await esbuild.build({
  entryPoints: { app: join(here, 'src/app.tsx') },
  outdir,
  bundle: true,
  format: 'iife',
  target: 'es2020',
  charset: 'utf8',
  minify: true,
  legalComments: 'none',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  nodePaths: [join(dirname(tools), 'node_modules')],
  banner: { js: '/* Usher console. Apache-2.0. With Preact, MIT */' },
});
await esbuild.build({
  entryPoints: { app: join(here, 'src/style.css') },
  outdir,
  charset: 'utf8',
  minify: true,
});
await copyFile(join(here, 'src/index.html'), join(outdir, 'index.html'));
const bytes = await readFile(join(outdir, 'app.js'));
const gzip_bytes = gzipSync(bytes, { level: 9 }).length;
console.log(`app.js: ${bytes.length} bytes, ${gzip_bytes} gzip (limit ${gzip_bytes_max})`);
if (gzip_bytes > gzip_bytes_max) {
  console.error('The console is over its budget.');
  process.exit(1);
}
