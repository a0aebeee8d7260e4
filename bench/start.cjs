#!/usr/bin/env node
// Runs the benches from their TypeScript sources, compiled as the functions' bundles are: a loader that keeps the
// names of all functions, as tsx does, slows down every one that is made.
const { transformSync } = require('esbuild');
const { readFileSync } = require('node:fs');
const path = require('node:path');

require.extensions['.ts'] = (module, file) => {
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    loader: 'ts',
    format: 'cjs',
    target: 'node20',
  });
  module._compile(code, file);
};

// The SDK warns of versions of Node that Lambda no longer has.
process.removeAllListeners('warning');
process.chdir(path.join(__dirname, '..'));
require('./run.ts');
