import { describe, expect, it } from "vitest";
import { ownDemo } from "./demo";
import { eventually, PHONE, unique, Visitor, withBrowser } from "./visitors";

withBrowser();

describe("two visitors side by side", () => {
  it("one asks, the other answers by looking, and the badge and the sheet move", async () => {
    const demo = await ownDemo();
    const chen = await Visitor.arrives(demo.link("Dr. Chen"));
    const ada = await Visitor.arrives(demo.link("Nurse Ada"));
    await chen.opens("Ward 3");
    await ada.opens("Campus");

    const text = unique("Bed 4 goes home at noon.");
    await chen.says(text, { asking: true });
    await chen.looksWhoHasRead(text);
    await chen.sheet.getByRole("tab", { name: /^Not read/ }).click();
    await chen.sheet.getByText("Nurse Ada").waitFor();

    // The others answer one by one.
    const seen = new Set<number>();
    await eventually(
      async () => seen.add(await chen.readers(text)).size,
      (different) => different >= 3,
    );

    // She is elsewhere, so she has a mark, and nothing is told of her.
    await ada.group("Ward 3").getByText(/new message/).waitFor({ state: "attached" });
    await ada.opens("Ward 3");
    await ada.message(text).getByText("You let the sender know").waitFor();
    await chen.sheet.getByText("Nurse Ada").waitFor({ state: "hidden" });
    await chen.sheet.getByRole("tab", { name: /^Read/ }).click();
    const row = chen.sheet.getByRole("listitem").filter({ hasText: "Nurse Ada" });
    await row.getByText(/^\d\d:\d\d:\d\d$/).waitFor();
    await chen.leaves();
    await ada.leaves();
  });

  it("a message that was sent without asking can be asked about later", async () => {
    const demo = await ownDemo();
    const chen = await Visitor.arrives(demo.link("Dr. Chen"));
    const bao = await Visitor.arrives(demo.link("Bao"));
    await chen.opens("Ward 3");
    await bao.opens("Ward 3");
    const text = unique("The lift is out of order.");
    const message = await chen.says(text, { asking: false });
    await bao.message(text).waitFor();
    await message.getByRole("button", { name: "Ask who has read it" }).click();
    await bao.message(text).getByText("You let the sender know").waitFor();
    await eventually(
      () => chen.readers(text),
      (readers) => readers > 0,
    );
    await chen.leaves();
    await bao.leaves();
  });

  it("what is below the edge of the screen has not been read until it is scrolled to", async () => {
    const demo = await ownDemo();
    const chen = await Visitor.arrives(demo.link("Dr. Chen"));
    await chen.opens("Ward 3");
    const ada = await Visitor.arrives(demo.link("Nurse Ada"), { viewport: { width: PHONE.width, height: 480 } });
    await ada.opens("Ward 3");
    const list = ada.page.getByRole("region", { name: "Messages" });
    const toNewest = ada.page.getByRole("button", { name: "To the newest message" });
    // A list that is still being drawn stays at its end.
    await eventually(
      async () => {
        await list.evaluate((element) => element.scrollTo({ top: 0 }));
        return toNewest.isVisible();
      },
      (isVisible) => isVisible,
    );

    const text = unique("Please wash your hands.");
    await chen.says(text, { asking: true });
    await chen.looksWhoHasRead(text);
    await ada.page.getByText(/1 new message/).waitFor();
    await chen.sheet.getByRole("tab", { name: /^Not read/ }).click();
    await chen.sheet.getByText("Nurse Ada").waitFor();
    await eventually(
      () => chen.readers(text),
      (readers) => readers >= 3,
    );
    await chen.sheet.getByText("Nurse Ada").waitFor();

    await toNewest.click();
    await chen.sheet.getByText("Nurse Ada").waitFor({ state: "hidden" });
    await chen.leaves();
    await ada.leaves();
  });

  it("a reload comes back to the same place, without the token in the address", async () => {
    const demo = await ownDemo();
    const chen = await Visitor.arrives(demo.link("Dr. Chen"));
    await chen.opens("Ward 3");
    const text = unique("Lunch is served.");
    await chen.says(text, { asking: true });
    await chen.looksWhoHasRead(text);
    await eventually(
      () => chen.readers(text),
      (readers) => readers > 0,
    );
    expect(new URL(chen.page.url()).hash).toBe("");

    await chen.page.reload();
    await chen.message(text).waitFor();
    await chen.sheet.getByRole("heading", { name: "Who has read it" }).waitFor();
    await chen.sheet.getByRole("listitem").first().waitFor();
    expect(await chen.readers(text)).toBeGreaterThan(0);
    await chen.leaves();
  });

  it("history comes page by page while one scrolls up", async () => {
    const demo = await ownDemo();
    const chen = await Visitor.arrives(demo.link("Dr. Chen"));
    await chen.opens("Campus");
    const list = chen.page.getByRole("region", { name: "Messages" });
    await eventually(
      async () => {
        await list.evaluate((element) => element.scrollTo({ top: 0 }));
        return chen.page.getByText("This is where it begins.").isVisible();
      },
      (isVisible) => isVisible,
    );
    await chen.message("Welcome to the campus channel").waitFor();
    await chen.leaves();
  });
});
