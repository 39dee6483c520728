/** What the vendor's engine accepts as an argument. Nothing is said here about whether a call can succeed. */

/** A text that is not empty. */
export function isString(value: unknown): value is string {
  return typeof value === "string" && value.length > 0;
}

/** Any text, or nothing. */
export function isOptionalString(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === "string";
}

/** A number, infinite ones included. */
export function isNumber(value: unknown): value is number {
  return typeof value === "number" && !Number.isNaN(value);
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

/** An object that is no array, map, function or other special thing. */
export function isObject(value: unknown): value is object {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** An array, typed ones included, that is not empty. Its elements are not looked at. */
export function isArray(value: unknown): value is unknown[] {
  const isOne = Object.prototype.toString.call(value).includes("Array");
  return isOne && (value as unknown[]).length > 0;
}

/** A count that the wire can carry. */
export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 32;
}
