/** Why something has failed, in one line for the log. */

/** What a peer says of itself may have any length. */
const CHARACTERS_MAX = 300;
const CAUSES_MAX = 4;

/** What an error says, with its causes. */
export function reasonOf(error: unknown): string {
  const said = causesOf(error).map(textOf);
  return oneLine(said.filter((text, place) => text !== "" && said.indexOf(text) === place).join(": "));
}

/** An error, what caused it, and so on. One of several addresses that failed stands for them. */
function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  let next = error;
  while (next && causes.length < CAUSES_MAX) {
    causes.push(next);
    const { cause, error: inner, errors } = next as { cause?: unknown; error?: unknown; errors?: unknown[] };
    next = inner ?? cause ?? errors?.[0];
  }
  return causes;
}

function textOf(error: unknown): string {
  if (typeof error === "string") return error;
  const { message, errMsg, code } = error as { message?: unknown; errMsg?: unknown; code?: unknown };
  const text = [message, errMsg, code].find((said) => typeof said === "string" && said !== "");
  return (text as string | undefined) ?? "";
}

/** Why a WebSocket has closed, as far as it knows. */
export function closeReason({ code, reason }: { code?: number; reason?: string }, error?: unknown): string {
  const cause = reasonOf(error) || oneLine(reason ?? "");
  if (cause) return cause;
  // Browsers keep from a page what its network says.
  if (!code || code === 1006) return "refused, lost, or not trusted; this platform does not say which";
  return `closed with code ${code}`;
}

/** Of any length, from anybody: fit for a line of the log. */
export function oneLine(text: string): string {
  return Array.from(text.slice(0, CHARACTERS_MAX), (sign) => (isControl(sign) ? " " : sign)).join("");
}

function isControl(sign: string): boolean {
  return sign < " " || (sign >= "\u007f" && sign <= "\u009f") || sign === "\u2028" || sign === "\u2029";
}
