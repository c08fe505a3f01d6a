import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../src/presentation/http/console/', import.meta.url));
const modules = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.js')).map((path) => join(folder, path));
const own = modules.filter((path) => !path.includes('/vendor/') && !path.endsWith('/theme.js'));

const IMPORT = /^(?:import|export)\s+(?:([\s\S]*?)\s+from\s+)?'([^']+)';$/gm;
const importsOf = (path) => [...readFileSync(path, 'utf8').matchAll(IMPORT)]
  .filter(([statement]) => !/^export (?:const|function|class|async)/.test(statement))
  .map(([, names = '', from]) => ({ from, names: [.../\{([\s\S]*)\}/.exec(names)?.[1].matchAll(/(\w+)(?: as \w+)?/g) ?? []].map(([, name]) => name), target: resolve(dirname(path), from) }));

function exportsOf(path) {
  const text = readFileSync(path, 'utf8');
  const names = [...text.matchAll(/^export (?:async )?(?:const|let|function|class) (\w+)/gm)].map(([, name]) => name);
  for (const [, list] of text.matchAll(/\bexport ?\{([^}]*)\}/g)) names.push(...list.split(',').map((item) => item.trim().split(/\s+as\s+/).pop()));
  for (const [, from] of text.matchAll(/^export \* from '([^']+)'/gm)) names.push(...exportsOf(resolve(dirname(path), from)));
  return new Set(names.filter(Boolean));
}

/** The modules that are loaded with a module, without those that it imports later. */
function closureOf(path, seen = new Set()) {
  if (!seen.has(path)) {
    seen.add(path);
    for (const { target } of importsOf(path)) closureOf(target, seen);
  }
  return seen;
}

test('every import names a module of this folder and something that it exports', () => {
  const missing = own.flatMap((path) => importsOf(path).flatMap(({ names, from, target }) => {
    if (!from.startsWith('.') || !modules.includes(target)) return [`${relative(folder, path)}: ${from}`];
    const known = exportsOf(target);
    return names.filter((name) => !known.has(name)).map((name) => `${relative(folder, path)}: ${name} from ${from}`);
  }));
  assert.deepEqual(missing, []);
});

test('every later import names a module of this folder', () => {
  const missing = own.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/\bimport\('([^']+)'\)/g)]
    .filter(([, from]) => !modules.includes(resolve(dirname(path), from))).map(([, from]) => `${relative(folder, path)}: ${from}`));
  assert.deepEqual(missing, []);
});

test('the page preloads exactly the modules of the first view', () => {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const preloaded = [...page.matchAll(/rel="modulepreload" href="\{\{assets\}\}\/([^"]+)"/g)].map(([, path]) => path);
  const needed = [...closureOf(join(folder, 'main.js'))].map((path) => relative(folder, path)).filter((path) => path !== 'main.js').sort();
  assert.deepEqual(preloaded, needed);
});

test('the page has no inline script, inline style or address of another host', () => {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=|https?:\/\//);
});

test('no module of the console uses what its content security policy forbids', () => {
  for (const path of own) {
    const text = readFileSync(path, 'utf8');
    assert.doesNotMatch(text, /\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\(|new Function|new Worker|\sstyle="/, relative(folder, path));
  }
});
