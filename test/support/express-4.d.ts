/** The fourth Express beside the fifth, whose types do for what tests call. */
declare module 'express-4' {
  export { default } from 'express';
}
