// Plain JavaScript: jest reads a TypeScript configuration only with a loader of its own.

/** Packages that ship only ES modules: jest runs CommonJS, so swc turns them into it. */
const esModulesOnly = ['jose', 'fast-check', 'pure-rand', 'fauxqs'];

/** @type {import('jest').Config} */
const config = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  setupFiles: ['<rootDir>/test/support/quiet-logs.cjs'],
  transform: {
    '^.+\\.(ts|js|mjs)$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModulesOnly.join('|')})/)`],
  // CDK assets and the bundles hold package.json files of their own.
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/dist', '<rootDir>/.changewire'],
  testTimeout: 30_000,
};

module.exports = config;
