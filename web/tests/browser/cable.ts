/**
 * The wire between one visitor and the server, to be pulled. The browser's own emulation of being offline leaves open
 * WebSockets alone; a pulled cable does not.
 */

import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

export class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isPlugged = true;

  private constructor(port: number) {
    this.#server = createServer((near) => {
      if (!this.#isPlugged) return near.destroy();
      const far = connect(port, "127.0.0.1");
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket.pipe(other);
        socket.on("error", () => {});
        socket.on("close", () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
    });
  }

  /** To the server that this link leads to. */
  static async to(link: string): Promise<Cable> {
    const cable = new Cable(Number(new URL(link).port));
    await new Promise<void>((resolve) => cable.#server.listen(0, "127.0.0.1", resolve));
    return cable;
  }

  /** The same link, through this cable. */
  link(link: string): string {
    const url = new URL(link);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  pull(): void {
    this.#isPlugged = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  plug(): void {
    this.#isPlugged = true;
  }

  cut(): void {
    this.pull();
    this.#server.close();
  }
}
