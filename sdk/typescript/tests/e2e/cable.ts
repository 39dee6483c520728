/** A cable between clients and the server, for cutting: a TCP relay. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Cable {
  readonly #relay: Server;
  readonly #ends = new Set<Socket>();
  readonly #servers = new Set<Socket>();
  #isCut = false;
  /** Connections that were refused since it was cut. */
  turnedAway = 0;

  private constructor(port: number) {
    this.#relay = createServer((client) => {
      if (!this.#isCut) return this.#join(client, connect(port, "127.0.0.1"));
      this.turnedAway += 1;
      client.destroy();
    });
  }

  /** To the server on this port of this machine. */
  static async lay(port: number): Promise<Cable> {
    const cable = new Cable(port);
    cable.#relay.listen(0, "127.0.0.1");
    await once(cable.#relay, "listening");
    return cable;
  }

  /** Where clients connect instead. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#relay.address() as AddressInfo).port}`;
  }

  /** Ends what goes through and lets nothing through until it is mended. */
  cut(): void {
    this.#isCut = true;
    this.turnedAway = 0;
    for (const end of this.#ends) end.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /** The connections stay, and nothing of the server arrives on them any more. New ones work. */
  swallowReplies(): void {
    for (const server of this.#servers) server.unpipe().resume();
  }

  async remove(): Promise<void> {
    this.cut();
    const closed = once(this.#relay, "close");
    this.#relay.close();
    await closed;
  }

  #join(client: Socket, server: Socket): void {
    this.#servers.add(server);
    server.on("close", () => this.#servers.delete(server));
    this.#pass(client, server);
    this.#pass(server, client);
  }

  #pass(from: Socket, to: Socket): void {
    this.#ends.add(from);
    // What there is to say of an end is said by `close`.
    from.on("error", () => {});
    from.on("close", () => {
      this.#ends.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }
}
