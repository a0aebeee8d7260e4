/** A handler's failure is never lost, even where nobody has said what to do with it. */
export function reportError(error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: the default of an option; there is nothing else that every runtime has
  console.error('changewire/receiver: an event could not be handled:', error);
}
