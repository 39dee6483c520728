// Answers whoever asks. With a text, also says it in the group and waits until somebody has read it.
// The README says how to run this.

import RCIMIWEngine, { RCIMIWConversationType } from "@seenby/rcim";
import WebSocket from "ws"; // Browsers and Node 22 have one already.

const [token, text, server = "ws://127.0.0.1:7780"] = process.argv.slice(2);
const engine = await RCIMIWEngine.create("seenby", { naviServer: server, webSocket: WebSocket });
let asked;

engine.setOnGroupMessageReadReceiptRequestReceivedListener(({ targetId, messageUId }) => {
  // An app waits here until the message is on screen.
  engine.sendGroupReadReceiptResponse(targetId, null, [{ targetId, messageUId }], {
    onGroupReadReceiptResponseSent: ({ code }) => console.log(`answered ${messageUId}: code ${code}`),
  });
});

engine.setOnGroupMessageReadReceiptResponseReceivedListener(({ messageUId, respondUserIds, readCount, totalCount }) => {
  if (messageUId !== asked) return;
  console.log(`${readCount} of ${totalCount} have read it:`, JSON.stringify(respondUserIds));
  engine.destroy();
});

await done((onConnected) => engine.connect(token, 30, { onConnected }));
if (text) {
  const draft = await engine.createTextMessage(RCIMIWConversationType.group, "ward-3", null, text);
  const { message } = await done((onMessageSent) => engine.sendMessage(draft, { onMessageSent }));
  asked = message.messageUId;
  await done((onGroupReadReceiptRequestSent) =>
    engine.sendGroupReadReceiptRequest(message, { onGroupReadReceiptRequestSent }),
  );
}

// Makes a call and waits for its callback.
function done(call) {
  return new Promise((resolve, reject) => {
    const refused = (code) => reject(new Error(`refused: code ${code}`));
    const finished = (result) => (result.code === 0 ? resolve(result) : refused(result.code));
    call(finished).then((code) => code === 0 || refused(code));
  });
}
