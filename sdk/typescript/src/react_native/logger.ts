/** The vendor's package exports a logger, which apps switch on and write to. The engine itself writes to the console. */

export const logger = {
  tag: "seenby",
  enable: false,

  log(text: string): void {
    if (logger.enable) console.log(`[${logger.tag}] ${new Date().toISOString()} ${text}`);
  },

  logObject(text: string, object: object): void {
    if (logger.enable) logger.log(`${text} ${logger.toString(object)}`);
  },

  toString(object?: unknown): string {
    return JSON.stringify(object) ?? "";
  },
};
