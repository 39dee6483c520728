/** The language of the page: the browser's, until the visitor chooses another. */

import { en, type Texts } from "./en";
import { zh } from "./zh";

export type LanguageTag = "en" | "zh";
export const LANGUAGES: Record<LanguageTag, Texts> = { en, zh };

const KEY = "seenby.language";

export class Language {
  tag = $state<LanguageTag>("en");

  get t(): Texts {
    return LANGUAGES[this.tag];
  }

  choose(tag: LanguageTag): void {
    this.tag = tag;
    // Where nothing can be kept, the choice holds until the reload.
    try {
      localStorage.setItem(KEY, tag);
    } catch {}
  }
}

/** Why a call did not work, in the middle of a sentence. */
export function reasonFor(code: number | undefined): string {
  const { reasons, otherReason } = language.t;
  return reasons[code ?? 0] ?? otherReason(code ?? 0);
}

/** The first language of the visitor's that the page has. */
export function preferredLanguage(kept: string | null, wanted: readonly string[]): LanguageTag {
  if (kept === "en" || kept === "zh") return kept;
  const known = wanted.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => tag === "en" || tag === "zh");
  return known === "zh" ? "zh" : "en";
}

export function keptLanguage(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export const language = new Language();
