/** What is known of the connection of one request, while it is made and used. */
export interface Passage {
  /** The address that was connected to, through a proxy or not. */
  address?: string;
  /** True when an earlier request had used the connection. */
  reused: boolean;
  /** True while the forward proxy has been asked for a tunnel and has not opened it. */
  isTunnelling: boolean;
}

/** The `code` of the error of a request whose connection ended without an answer. */
export const CLOSED_EARLY = 'CLOSED_EARLY';
