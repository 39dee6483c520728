/** Locks among the tabs of a browser, where it has them: `navigator.locks`, on secure pages and on localhost. */

export function claimLock(name: string): Promise<(() => void) | undefined> {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  if (!locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      if (lock) return new Promise((release) => resolve(release));
      resolve(undefined);
      return undefined;
    };
    // A page that is going away is refused; it needs no lock any more.
    locks.request(name, { ifAvailable: true }, hold).catch(() => resolve(undefined));
  });
}
