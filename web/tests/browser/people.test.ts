/** The page among people: what they are called, how they write, what they click. Each test has a server of its own. */

import { describe, expect, it } from "vitest";
import { ownDemo } from "./demo";
import { Server } from "./server";
import { eventually, unique, Visitor, withBrowser } from "./visitors";

withBrowser();

const RLO = "\u202E";
const PDI = "\u2069";

async function ward(people: Record<string, string> = { chen: "Dr. Chen", ada: "Nurse Ada" }): Promise<Server> {
  const server = await Server.starts();
  server.knows(people);
  server.group("ward", "Ward 3", Object.keys(people));
  return server;
}

const composer = ({ page }: Visitor) => page.getByRole("main").getByRole("textbox");

describe("writing", () => {
  it("Enter that chooses a word of an input method does not send, in any browser", async () => {
    const server = await ward();
    const chen = await Visitor.arrives(server.link("chen"));
    await chen.page.getByRole("heading", { name: "Ward 3" }).waitFor();
    const field = composer(chen);
    await field.fill("你好");
    const strokes: { composed?: boolean; key: KeyboardEventInit }[] = [
      { key: { isComposing: true, keyCode: 13 } },
      { key: { keyCode: 229 } },
      // As Safari does it, and once more without the code.
      { composed: true, key: { keyCode: 229 } },
      { composed: true, key: { keyCode: 13 } },
    ];
    for (const { composed, key } of strokes) {
      if (composed) await field.dispatchEvent("compositionend", { data: "你好" });
      await field.dispatchEvent("keydown", { key: "Enter", ...key });
      await field.dispatchEvent("keyup", { key: "Enter", ...key });
      expect(await field.inputValue()).toBe("你好");
    }
    await field.press("Enter");
    await chen.message("你好").waitFor();
    expect(await field.inputValue()).toBe("");
    expect(await chen.page.getByRole("article").count()).toBe(1);
    await chen.leaves();
  });

  it("after the switch was clicked Enter sends, and the message asks", async () => {
    const server = await ward();
    const chen = await Visitor.arrives(server.link("chen"));
    const text = unique("Who takes the night?");
    await composer(chen).fill(text);
    await chen.page.getByRole("switch").click();
    await chen.page.keyboard.press("Enter");
    await chen.badge(text).waitFor();
    expect(await chen.page.getByRole("switch").getAttribute("aria-checked")).toBe("true");

    // By the keyboard alone: the space bar switches, Enter sends.
    const second = unique("And who the morning?");
    await composer(chen).fill(second);
    await chen.page.keyboard.press("Tab");
    await chen.page.keyboard.press("Space");
    await chen.page.keyboard.press("Enter");
    await chen.message(second).getByRole("button", { name: "Ask who has read it" }).waitFor();
    expect(await chen.page.getByRole("switch").getAttribute("aria-checked")).toBe("false");
    await chen.leaves();
  });

  it("what could not be sent says why", async () => {
    const server = await ward();
    const chen = await Visitor.arrives(server.link("chen"));
    await chen.page.getByRole("heading", { name: "Ward 3" }).waitFor();
    await composer(chen).fill("Long ".repeat(30_000));
    await composer(chen).press("Enter");
    await chen.page.getByText("Not sent: the message is too long.").waitFor();
    server.run("group", "remove", "ward", "chen");
    await chen.says("Hello?", { asking: false });
    await chen.message("Hello?").getByText("Not sent: you are not a member of this group.").waitFor();
    await chen.leaves();
  });

  it("Escape closes the sheet wherever the focus is", async () => {
    const server = await ward();
    const chen = await Visitor.arrives(server.link("chen"));
    const text = unique("Bed 2 is free.");
    await chen.says(text, { asking: true });
    await chen.looksWhoHasRead(text);
    await composer(chen).focus();
    await composer(chen).press("Escape");
    await chen.sheet.waitFor({ state: "hidden" });
    await chen.looksWhoHasRead(text);
    // This one ends what an input method composes.
    await chen.sheet.getByRole("searchbox").dispatchEvent("keydown", { key: "Escape", isComposing: true, bubbles: true });
    expect(await chen.sheet.isVisible()).toBe(true);
    await chen.page.getByRole("heading", { name: "Seenby" }).click();
    await chen.page.keyboard.press("Escape");
    await chen.sheet.waitFor({ state: "hidden" });
    await chen.leaves();
  });
});

describe("names", () => {
  it("that turn the direction of text turn nothing beside them, and Arabic and Hebrew read right", async () => {
    const evil = { rlo: `Eve${RLO}`, pdi: `Mallory${PDI}${RLO}`, aisha: "عائشة", sara: "שרה" };
    const server = await ward({ chen: "Dr. Chen", ...evil });
    const chen = await Visitor.arrives(server.link("chen"));
    const text = unique("Round at nine.");
    await chen.says(text, { asking: true });
    await chen.looksWhoHasRead(text);
    for (const [place, id] of Object.keys(evil).entries()) {
      const reader = await Visitor.arrives(server.link(id));
      await reader.message(text).getByText("You let the sender know").waitFor();
      await reader.says(`שלום ${100 + place}${RLO}`, { asking: false });
      await reader.leaves();
    }
    const rows = chen.sheet.getByRole("listitem");
    await eventually(
      () => rows.count(),
      (count) => count === 4,
    );
    for (const row of await rows.all()) expect(await charactersInOrder(row.locator("time"))).toBe(true);
    await chen.page.keyboard.press("Escape");
    const times = chen.page.getByRole("main").locator("article time");
    await eventually(
      () => times.count(),
      (count) => count === 5,
    );
    for (const time of await times.all()) expect(await charactersInOrder(time)).toBe(true);
    expect(await charactersInOrder(chen.page.getByRole("navigation").locator("time"))).toBe(true);
    // Hebrew begins at the right edge of its bubble.
    const bubble = chen.message("שלום").first().locator(".bubble");
    expect(await bubble.evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
    await chen.leaves();
  });

  it("stand where ids stood, wherever a long list is looked at", async () => {
    const demo = await ownDemo();
    const chen = await Visitor.arrives(demo.link("Dr. Chen"));
    await chen.opens("City alert");
    await chen.looksWhoHasRead("Heat warning until Sunday");
    const list = chen.sheet.getByRole("region", { name: "Read" });
    const rows = chen.sheet.getByRole("listitem");
    await rows.first().waitFor();
    // All of them are loaded, as the chart needs no guess any more.
    await chen.sheet.getByText(/Half of them within/).waitFor();
    await chen.sheet.locator("path.guess").waitFor({ state: "detached" });
    for (const part of [0.3, 0.9, 0.6, 1]) {
      await list.evaluate((element, part) => element.scrollTo({ top: element.scrollHeight * part }), part);
      await eventually(
        async () => (await rows.allInnerTexts()).map((row) => row.split("\n")[0] ?? ""),
        (names) => names.length > 5 && names.every((name) => name !== "" && !/^m\d{4}$/.test(name)),
      );
    }
    await chen.leaves();
  });

  it("of channels tell them apart", async () => {
    const server = await Server.starts();
    server.knows({ chen: "Dr. Chen" });
    server.run("group", "create", "city", "--kind", "ultra-group", "--title", "City", "--member", "chen");
    for (const channel of ["news", "traffic"]) server.run("group", "channel", "city", channel);
    const chen = await Visitor.arrives(server.link("chen"));
    await chen.group("City #news").click();
    await chen.page.getByRole("heading", { name: "City #news" }).waitFor();
    await chen.group("City #traffic").click();
    await chen.page.getByRole("heading", { name: "City #traffic" }).waitFor();
    await chen.leaves();
  });
});

describe("a page that the browser translates", () => {
  it("goes on counting and saying what is so", async () => {
    const server = await ward({ chen: "Dr. Chen", ada: "Nurse Ada", bao: "Bao" });
    const chen = await Visitor.arrives(server.link("chen"));
    const text = unique("Lunch at noon.");
    await chen.says(text, { asking: true });
    await chen.looksWhoHasRead(text);
    await chen.sheet.getByText("Nobody has read it yet.").waitFor();
    expect(await chen.readers(text)).toBe(0);
    expect(await untranslatable(chen, ["0/2", "Dr. Chen", "Ward 3", "3 members"])).toEqual([]);

    // Harsher than translators are: they leave alone what is marked.
    await translate(chen);
    const ada = await Visitor.arrives(server.link("ada"));
    await ada.message(text).getByText("You let the sender know").waitFor();
    await eventually(
      () => chen.readers(text),
      (readers) => readers === 1,
    );
    await chen.sheet.getByRole("listitem").getByText("Nurse Ada").waitFor();
    await translate(chen);
    const bao = await Visitor.arrives(server.link("bao"));
    await bao.message(text).getByText("You let the sender know").waitFor();
    await chen.sheet.getByRole("listitem").getByText("Bao").waitFor();
    const counts = (await chen.sheet.getByRole("tab").allInnerTexts()).map((tab) => tab.replace(/\D/g, ""));
    expect(counts).toEqual(["2", "0", "0"]);
    await chen.page.getByRole("group").getByText("中文").click();
    await chen.sheet.getByRole("heading", { name: "谁已读" }).waitFor();
    // What is the same in both languages stays as the translator left it.
    const same = ["Seenby", "English", "中文", text];
    const left = (await stillTranslated(chen)).filter((found) => !same.some((known) => found.includes(known)));
    expect(left).toEqual([]);
    for (const visitor of [chen, ada, bao]) await visitor.leaves();
  });
});

describe("a link", () => {
  it("of somebody else, opened in the same tab, makes it that person's", async () => {
    const server = await ward();
    const chen = await Visitor.arrives(server.link("chen"));
    await chen.page.getByText("Dr. Chen").first().waitFor();
    await chen.page.goto(server.link("ada"));
    await chen.page.locator("footer").getByText("Nurse Ada").waitFor();
    const text = unique("It is me.");
    const bao = await Visitor.arrives(server.link("chen"));
    await chen.says(text, { asking: false });
    await bao.page.getByRole("article", { name: /Nurse Ada/ }).filter({ hasText: text }).waitFor();
    expect(chen.page.url()).not.toContain("token");
    await chen.leaves();
    await bao.leaves();
  });
});

describe("somebody who is blocked", () => {
  it("learns it, on the page and at the door", async () => {
    const server = await ward();
    const chen = await Visitor.arrives(server.link("chen"));
    const link = server.link("chen");
    server.run("user", "block", "chen");
    await chen.page.getByRole("status").getByText("Blocked").waitFor();
    await chen.page.getByText("An administrator has blocked you.").waitFor();
    await chen.says("Hello?", { asking: false });
    await chen.message("Hello?").getByText(/Not sent: (there is no connection|you are blocked)\./).waitFor();
    await chen.leaves();
    const again = await Visitor.arrives(new URL(link).origin);
    await again.page.getByLabel("Token or link").fill(link);
    await again.page.getByRole("button", { name: "Come in" }).click();
    await again.page.getByText("An administrator has blocked this user.").waitFor();
    await again.leaves();
  });
});

type Place = ReturnType<Visitor["page"]["locator"]>;

/** Whether each character stands right of the one before: text of digits that nothing has turned. */
function charactersInOrder(place: Place): Promise<boolean> {
  return place.evaluate((element) => {
    const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode() as Text;
    const range = document.createRange();
    const lefts = Array.from(text.data, (_, place) => {
      range.setStart(text, place);
      range.setEnd(text, place + 1);
      return range.getBoundingClientRect().left;
    });
    return lefts.length > 3 && lefts.every((left, place) => place === 0 || left > (lefts[place - 1] as number));
  });
}

/** Puts other texts in the place of all, as translators do. */
function translate({ page }: Visitor): Promise<void> {
  return page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    for (const text of texts) {
      if (text.data.trim() === "" || text.parentElement?.closest("script, noscript, textarea")) continue;
      const outer = document.createElement("font");
      const inner = outer.appendChild(document.createElement("font"));
      inner.textContent = `‹${text.data}›`;
      text.replaceWith(outer);
    }
  });
}

/** Texts of the first language, but for those that are marked, which say the same in each. */
function stillTranslated({ page }: Visitor): Promise<string[]> {
  return page.evaluate(() => {
    const inner = [...document.querySelectorAll("font > font")].filter((font) => !font.closest('[translate="no"]'));
    return inner.map((font) => font.textContent ?? "");
  });
}

/** Of these texts, those that a translator may change. */
function untranslatable({ page }: Visitor, texts: string[]): Promise<string[]> {
  return page.evaluate((texts) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const open: string[] = [];
    while (walker.nextNode()) {
      const text = walker.currentNode as Text;
      if (texts.includes(text.data) && !text.parentElement?.closest("[translate=no]")) open.push(text.data);
    }
    return open;
  }, texts);
}
