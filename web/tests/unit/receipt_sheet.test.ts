import { describe, expect, it } from "vitest";
import { Directory } from "../../src/people/directory.svelte";
import { ReceiptSheet } from "../../src/receipts/receipt_sheet.svelte";
import { counts, gateway, pagesOf, readers, settled, ward } from "./builders";

const unread = Array.from({ length: 250 }, (_, number) => ({ userId: `user-${number}`, readAt: 0 }));

function open(): ReceiptSheet {
  const everybody = gateway({
    receiptPeople: (_ref, _uid, list, page) =>
      pagesOf({ read: readers("bao", "ada"), unread, left: [] }[list], 100)(page),
    names: async (_ref, ids) => new Map(ids.map((id) => [id, id === "user-249" ? "Zoë Last" : `Name of ${id}`])),
  });
  const sheet = new ReceiptSheet(everybody, new Directory(everybody), ward, "M1");
  void sheet.open();
  return sheet;
}

describe("ReceiptSheet", () => {
  it("opens with those who have read", async () => {
    const sheet = open();
    await settled();
    expect(sheet.found.map(({ userId }) => userId)).toEqual(["bao", "ada"]);
  });

  it("moves a reader from one list to the other", async () => {
    const sheet = open();
    sheet.show("unread");
    await settled();
    sheet.changed([{ userId: "user-0", readAt: 9 }], counts(3, 252, 1));
    expect(sheet.lists.read.people[0]?.userId).toBe("user-0");
    expect(sheet.lists.unread.people[0]?.userId).toBe("user-1");
    expect([sheet.lists.read.total, sheet.lists.unread.total, sheet.lists.left.total]).toEqual([3, 249, 1]);
  });

  it("finds a name on the last page, whatever its case", async () => {
    const sheet = open();
    sheet.show("unread");
    await sheet.search("LAST");
    expect(sheet.found.map(({ userId }) => userId)).toEqual(["user-249"]);
    expect([sheet.isSearching, sheet.list.isComplete]).toEqual([false, true]);
  });

  it("finds people by their ids as well", async () => {
    const sheet = open();
    sheet.show("unread");
    await sheet.search("user-24");
    expect(sheet.found).toHaveLength(11);
  });

  it("stops to look when nobody looks any more", async () => {
    const sheet = open();
    sheet.show("unread");
    const search = sheet.search("nobody");
    sheet.close();
    await search;
    expect(sheet.list.isComplete).toBe(false);
  });

  it("looks in the list that is shown, though another was searched first", async () => {
    const sheet = open();
    const search = sheet.search("user-7");
    sheet.show("unread");
    await search;
    await settled();
    expect(sheet.found.map(({ userId }) => userId)).toContain("user-77");
  });
});
