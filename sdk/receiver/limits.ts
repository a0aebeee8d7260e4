/** Web PubSub carries messages of 1 MB at most. */
export const MAX_BODY_BYTES = 1_048_576;

/** The headers of an event, together. Node itself stops at 16 KiB; other runtimes and header maps do not. */
export const MAX_HEADER_BYTES = 32_768;

/** The encoded state: half of the 16 KiB that Node allows all headers, since the sender sends it back in one. */
export const MAX_STATE_BYTES = 8_192;

/** Below the 29 seconds after which API Gateway gives up: our own words reach the sender, not the gateway's. */
export const HANDLER_TIMEOUT_SECONDS = 25;
