/** A bounded set: when it is full, the oldest member goes. */

/** More than a device can have done while a connection was away. */
const MEMBERS_MAX = 10_000;

export class Recent {
  /** In the order of arrival. */
  private readonly members = new Set<string>();

  insert(member: string): void {
    this.members.add(member);
    if (this.members.size <= MEMBERS_MAX) return;
    for (const oldest of this.members) {
      this.members.delete(oldest);
      return;
    }
  }

  has(member: string): boolean {
    return this.members.has(member);
  }
}
