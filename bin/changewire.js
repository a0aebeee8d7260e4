#!/usr/bin/env node
// Runs the command line from its TypeScript source, so that a clone needs no build step.
require('tsx/cjs/api').register();
require('./changewire.ts');
