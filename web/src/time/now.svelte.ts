/** The current time for what shows it, a little behind. */

import { onMount } from "svelte";

export class Now {
  at = $state(Date.now());

  /** Moves on while the component exists. */
  tick(everyMs: number): void {
    onMount(() => {
      const timer = setInterval(() => {
        this.at = Date.now();
      }, everyMs);
      return () => clearInterval(timer);
    });
  }
}
