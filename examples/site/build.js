// Builds the site into dist. Files whose name has a hash of their content can be kept by browsers for ever.

import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { parse } from 'node:path';
import { fill } from 'page-template';

const out = 'dist';

async function hashed(file) {
  const content = await readFile(`src/${file}`);
  const { name, ext } = parse(file);
  const path = `assets/${name}.${createHash('sha256').update(content).digest('hex').slice(0, 8)}${ext}`;
  await writeFile(`${out}/${path}`, content);
  console.log(`${file} -> ${path}`);
  return `/${path}`;
}

await rm(out, { recursive: true, force: true });
await mkdir(`${out}/assets`, { recursive: true });
const page = fill(await readFile('src/index.html', 'utf8'), {
  title: 'A site on Pilot',
  greeting: process.env.GREETING ?? 'Built with yarn, in a container.',
  style: await hashed('style.css'),
  script: await hashed('app.js'),
});
await writeFile(`${out}/index.html`, page);
console.log(`built ${out}/index.html`);
