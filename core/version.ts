/** The release, as subscribers see it in `User-Agent`; a test holds it to package.json. */
export const version = '0.1.0';
