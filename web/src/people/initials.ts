/** What stands for a person where there is no picture: one or two letters on a colour of their own. */

export const HUES = 10;

const CJK = /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u;

/** A group's name begins with what tells it apart, a Chinese person's name ends with it. */
export function initialsOf(name: string, of: "person" | "group" = "person"): string {
  const words = name.split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = [...(words[0] ?? "?")];
  if (CJK.test(letters[0] ?? "")) {
    if (of === "group") return letters.slice(0, 2).join("");
    return letters.length <= 4 ? letters.slice(-2).join("") : (letters[0] ?? "");
  }
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  return ((letters[0] ?? "") + ([...last][0] ?? "")).toLocaleUpperCase();
}

/** The same for one id everywhere and always. */
export function hueOf(id: string): number {
  let hash = 0;
  for (const character of id) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  // The low digits of ids that differ in their last character only would give neighbouring colours in order.
  return ((hash ^ (hash >>> 15)) >>> 0) % HUES;
}
