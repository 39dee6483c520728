/** How far a user has read, kept by this browser for unread marks. */

import type { ReadMarks } from "./conversations.svelte";

export function keptReadMarks(storage: Storage, appKey: string, userId: string): ReadMarks {
  const key = `seenby.read/${appKey}/${userId}`;
  return {
    load() {
      try {
        return JSON.parse(storage.getItem(key) ?? "{}") as Record<string, number>;
      } catch {
        return {};
      }
    },
    save(marks) {
      // A browser that keeps nothing forgets the marks at the reload.
      try {
        storage.setItem(key, JSON.stringify(marks));
      } catch {}
    },
  };
}
