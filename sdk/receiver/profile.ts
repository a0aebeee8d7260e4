/** Something that was put up with, and that somebody should know of. Texts hold no values of the request. */
export interface Warning {
  readonly code: 'state_unreadable' | 'answered_twice' | 'answered_late';
  readonly text: string;
}

export type Report = (warning: Warning) => void;

/** How the library behaves: safe by default, or as the Python library does, its statuses and texts. */
export interface Profile {
  readonly isPython: boolean;
}

export const safeByDefault: Profile = { isPython: false };
export const asInPython: Profile = { isPython: true };
