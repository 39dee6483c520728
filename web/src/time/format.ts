/** Times as people read them. */

import type { LanguageTag } from "../i18n/i18n.svelte";

const DAY_MS = 24 * 3_600_000;
const formats = new Map<string, Intl.DateTimeFormat>();

export function clockTime(language: LanguageTag, at: number): string {
  return format(language, "time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

export function exactTime(language: LanguageTag, at: number): string {
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  return format(language, "exact", time).format(at);
}

/** "Today", "Yesterday" or the date. */
export function dayName(language: LanguageTag, at: number, now: number): string {
  const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY_MS);
  if (days === 0 || days === 1) {
    const name = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-days, "day");
    return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
  }
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const date: Intl.DateTimeFormatOptions = { weekday: "long", day: "numeric", month: "long" };
  if (!isThisYear) date.year = "numeric";
  return format(language, isThisYear ? "day" : "day of year", date).format(at);
}

/** The time if it was today, else the date: for lists. */
export function shortTime(language: LanguageTag, at: number, now: number): string {
  if (startOfDay(at) === startOfDay(now)) return clockTime(language, at);
  return format(language, "short", { day: "numeric", month: "short" }).format(at);
}

/** The time of reading: with seconds today, with the date before. */
export function readingTime(language: LanguageTag, at: number, now: number): string {
  if (startOfDay(at) === startOfDay(now)) return exactTime(language, at);
  return `${shortTime(language, at, now)} ${clockTime(language, at)}`;
}

/** "8s", "12m", "3h", "2d": as many whole ones as there are. */
export function duration(language: LanguageTag, ms: number): string {
  const units = [
    ["day", DAY_MS],
    ["hour", 3_600_000],
    ["minute", 60_000],
    ["second", 1_000],
  ] as const;
  const [unit, size] = units.find(([, size]) => ms >= size) ?? (["second", 1_000] as const);
  const unitDisplay = language === "zh" ? "short" : "narrow";
  const style: Intl.NumberFormatOptions = { style: "unit", unit, unitDisplay, maximumFractionDigits: 0 };
  return new Intl.NumberFormat(language, style).format(Math.max(1, Math.floor(ms / size)));
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

function format(language: LanguageTag, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${name}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", options);
  formats.set(key, known);
  return known;
}
