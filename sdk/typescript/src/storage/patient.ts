/**
 * A storage whose promise does not settle must not hold up the engine for ever: after a while it has failed. Until it has
 * answered after all, whatever else it is asked for fails at once, so that nothing overtakes what still hangs.
 */

import { type Clock, type Eventual, isLater, type Storage } from "../ports.js";

/** A database on a slow phone may take seconds to open. */
const WAIT_MS = 10_000;

export function patientStorage(storage: Storage, clock: Clock): Storage {
  const patience = new Patience(clock);
  const { claim } = storage;
  return {
    set: (key, value) => patience.with(() => storage.set(key, value)),
    delete: (key) => patience.with(() => storage.delete(key)),
    entries: (prefix) => patience.with(() => storage.entries(prefix)),
    ...(claim && {
      claim: async (name) =>
        patience.with(
          () => claim.call(storage, name),
          (release) => release?.(),
        ),
    }),
  };
}

class Patience {
  private readonly clock: Clock;
  /** How many answers are overdue. */
  private overdue = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  with<T>(work: () => Eventual<T>, whenLate: (result: T) => void = () => {}): Eventual<T> {
    if (this.overdue > 0) throw new Error("it has not answered yet");
    const result = work();
    return isLater(result) ? this.bounded(result, whenLate) : result;
  }

  private bounded<T>(result: Promise<T>, whenLate: (result: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const cancel = this.clock.after(WAIT_MS, () => {
        isLate = true;
        this.overdue += 1;
        reject(new Error(`it has not answered for ${WAIT_MS / 1_000} seconds`));
      });
      const settle = (inTime: () => void, late: () => void) => {
        cancel();
        if (!isLate) return inTime();
        this.overdue -= 1;
        late();
      };
      result.then(
        (value) =>
          settle(
            () => resolve(value),
            () => whenLate(value),
          ),
        (error) =>
          settle(
            () => reject(error),
            () => {},
          ),
      );
    });
  }
}
