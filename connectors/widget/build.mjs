// Builds the widget into one script, or (--tests) the unit tests for node's own runner.
//
//   node build.mjs [--outfile=PATH]     default: dist/widget.js
//   node build.mjs --tests              dist/test/*.mjs
//
// Fails when the script would cost a page more than its budget.
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const gzip_bytes_max = 20 * 1024;
const here = dirname(fileURLToPath(import.meta.url));

// The style sheet is a string in style.ts; esbuild minifies what it knows to be CSS only.
const small_style = {
  name: 'small-style',
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/]style\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const found = /export const style = `([^`]*)`;/.exec(source);
      if (!found) return { errors: [{ text: 'style.ts: no `export const style` template' }] };
      const { code } = await esbuild.transform(found[1], { loader: 'css', minify: true });
      return { contents: `export const style = ${JSON.stringify(code.trim())};`, loader: 'ts' };
    });
  },
};

async function build_widget(outfile) {
  const built = await esbuild.build({
    entryPoints: [join(here, 'src/widget.ts')],
    outfile,
    bundle: true,
    format: 'iife',
    target: 'es2020',
    charset: 'utf8',
    minify: true,
    mangleProps: /[a-z]_$/,
    legalComments: 'none',
    banner: { js: '/* Usher chat widget. Apache-2.0 */' },
    plugins: [small_style],
    write: true,
    metafile: true,
  });
  const [path] = Object.keys(built.metafile.outputs);
  const bytes = await readFile(path);
  const gzip_bytes = gzipSync(bytes, { level: 9 }).length;
  console.log(`${outfile}: ${bytes.length} bytes, ${gzip_bytes} gzip (limit ${gzip_bytes_max})`);
  if (gzip_bytes > gzip_bytes_max) {
    console.error('The widget is over its budget.');
    process.exit(1);
  }
}

async function build_tests() {
  const names = (await readdir(join(here, 'test'))).filter((name) => name.endsWith('.test.ts'));
  await esbuild.build({
    entryPoints: names.map((name) => join(here, 'test', name)),
    outdir: join(here, 'dist/test'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node18',
    sourcemap: 'inline',
  });
}

const options = process.argv.slice(2);
if (options.includes('--tests')) {
  await build_tests();
} else {
  const outfile = options.find((option) => option.startsWith('--outfile='))?.slice(10);
  await build_widget(outfile || join(here, 'dist/widget.js'));
}
