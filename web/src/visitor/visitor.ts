/**
 * Who visits: an app key and a token, from the link that the visitor was given.
 *
 * They come in the fragment, which browsers do not send to servers, and are kept for this tab alone: a reload works, and
 * the address bar has nothing to copy by accident.
 */

export interface Visitor {
  appKey: string;
  token: string;
}

/** Why somebody with a token is at the door again. */
export type WelcomeProblem = "refused" | "expired" | "blocked" | "noSocket";

const BLOCKED = 31009;
const EXPIRED = 31020;

/** What the code of a sign-in that failed means to the visitor. */
export function problemOf(code: number): WelcomeProblem {
  if (code === BLOCKED) return "blocked";
  return code === EXPIRED ? "expired" : "refused";
}

const KEY = "seenby.visitor";

/** From the link, else from before the reload. */
export function readVisitor(fragment: string, storage: Storage): Visitor | undefined {
  const visitor = parseFragment(fragment) ?? recall(storage);
  if (visitor) keepVisitor(visitor, storage);
  return visitor;
}

export function parseFragment(fragment: string): Visitor | undefined {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const [appKey, token] = [fields.get("app")?.trim(), fields.get("token")?.trim()];
  return appKey && token ? { appKey, token } : undefined;
}

/** What people paste: a token, or a whole link with one. */
export function parsePasted(text: string, appKey: string): Visitor | undefined {
  const place = text.indexOf("#");
  const linked = place >= 0 ? parseFragment(text.slice(place)) : undefined;
  const token = text.trim();
  return linked ?? (token && appKey.trim() ? { appKey: appKey.trim(), token } : undefined);
}

export function keepVisitor(visitor: Visitor, storage: Storage): void {
  // A browser that keeps nothing still shows the page, until the reload.
  try {
    storage.setItem(KEY, JSON.stringify(visitor));
  } catch {}
}

export function forgetVisitor(storage: Storage): void {
  try {
    storage.removeItem(KEY);
  } catch {}
}

function recall(storage: Storage): Visitor | undefined {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? "null");
    const { appKey, token } = (kept ?? {}) as Partial<Visitor>;
    return typeof appKey === "string" && typeof token === "string" ? { appKey, token } : undefined;
  } catch {
    return undefined;
  }
}
