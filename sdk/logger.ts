/** Where a client says what it does. */
export interface ClientLogger {
  info(message: string, context: object): void;
  warn(message: string, context: object): void;
}

export const consoleLogger: ClientLogger = {
  // biome-ignore lint/suspicious/noConsole: local mode shows what would be sent, wherever it runs
  info: (message, context) => console.info(message, context),
  // biome-ignore lint/suspicious/noConsole: the default of an option
  warn: (message, context) => console.warn(message, context),
};

/** A client with a server is quiet unless it is given a logger, but for what needs somebody to look at it. */
export const quietLogger: ClientLogger = { info: () => undefined, warn: consoleLogger.warn };
