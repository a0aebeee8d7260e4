import express from 'express';
import expressFour from 'express-4';

/** Both that are in use; the types are those of 5. */
export const expresses = [
  ['Express 5', express],
  ['Express 4', expressFour],
] as const;
