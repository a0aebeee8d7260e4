// The emulators have a thread of their own, so that the API and the mappings keep their pace under load.
// A thread starts from plain JavaScript: this file only makes TypeScript readable and loads the real one.
require('tsx/cjs/api').register();
require('./emulators-thread.ts');
