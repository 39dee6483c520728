import { describe, expect, it, onTestFinished } from "vitest";
import { Cable } from "./cable";
import { type Demo, ownDemo, type VisitorName, WARD_READERS } from "./demo";
import { eventually, unique, Visitor, withBrowser } from "./visitors";

withBrowser();

/** A visitor who can be cut off: with the cable goes the browser's belief that there is a network. */
async function onCable(demo: Demo, name: VisitorName) {
  const cable = await Cable.to(demo.link(name));
  onTestFinished(() => cable.cut());
  const visitor = await Visitor.arrives(cable.link(demo.link(name)));
  const network = (isThere: boolean) => visitor.page.context().setOffline(!isThere);
  return {
    visitor,
    async goesOffline() {
      // In this order: a browser that takes itself for offline may not hear that its socket is gone.
      cable.pull();
      await network(false);
      await visitor.page.getByText("Offline, trying again").waitFor();
    },
    async comesBack() {
      cable.plug();
      await network(true);
      await visitor.page.getByText("Connected").waitFor();
    },
  };
}

describe("without a connection", () => {
  it("the page keeps what was read, and tells it when the connection is back", async () => {
    const demo = await ownDemo();
    const chen = await Visitor.arrives(demo.link("Dr. Chen"));
    const { visitor: ada, goesOffline, comesBack } = await onCable(demo, "Nurse Ada");
    await chen.opens("Ward 3");
    await ada.opens("Ward 3");
    await ada.opens("Campus");
    const text = unique("The pharmacy closes at five.");
    await chen.says(text, { asking: true });
    await chen.looksWhoHasRead(text);
    await chen.sheet.getByRole("tab", { name: /^Not read/ }).click();
    await ada.group("Ward 3").getByText(/new message/).waitFor({ state: "attached" });

    await goesOffline();
    await ada.opens("Ward 3");
    await ada.message(text).getByText("Telling that you have read it").waitFor();
    await ada.page.getByText(/receipts? (is|are) kept/).waitFor();
    await chen.sheet.getByText("Nurse Ada").waitFor();

    await comesBack();
    await ada.message(text).getByText("You let the sender know").waitFor();
    await chen.sheet.getByText("Nurse Ada").waitFor({ state: "hidden" });
    await chen.leaves();
    await ada.leaves();
  });

  it("the badge stands still, and catches up", async () => {
    const demo = await ownDemo();
    const { visitor: chen, goesOffline, comesBack } = await onCable(demo, "Dr. Chen");
    await chen.opens("Ward 3");
    const text = unique("The rota for May is out.");
    await chen.says(text, { asking: true });
    // Then nobody but those of this test reads any more.
    await eventually(
      () => chen.readers(text),
      (readers) => readers === WARD_READERS,
    );
    await goesOffline();

    // Somebody reads meanwhile.
    const bao = await Visitor.arrives(demo.link("Bao"));
    await bao.opens("Ward 3");
    await bao.message(text).getByText("You let the sender know").waitFor();
    expect(await chen.readers(text)).toBe(WARD_READERS);

    await comesBack();
    await eventually(
      () => chen.readers(text),
      (readers) => readers === WARD_READERS + 1,
    );
    await bao.leaves();
    await chen.leaves();
  });

  it("what is written is sent later, or can be sent again", async () => {
    const demo = await ownDemo();
    const { visitor: chen, goesOffline, comesBack } = await onCable(demo, "Dr. Chen");
    await chen.opens("Ward 3");
    await goesOffline();
    const text = unique("Back in a minute.");
    const message = await chen.says(text, { asking: true });
    await message.getByText(/Sending…|Not sent/).waitFor();
    await comesBack();
    const again = message.getByRole("button", { name: "Send again" });
    await again.or(chen.badge(text)).waitFor();
    if (await again.isVisible()) await again.click();
    await chen.badge(text).waitFor();
    await chen.leaves();
  });
});
