// The vendor's Node SDK, unchanged, against a running Seenby: every method of it that has a path here.
// Prints what the next step needs, as JSON.
"use strict";

const assert = require("node:assert/strict");
const { API, APP, SECRET } = process.env;
const { User, Group, Message } = require("rongcloud-sdk")({ appkey: APP, secret: SECRET, api: API });

const works = async (what, call) => {
  const answer = await call;
  assert.equal(String(answer.code), "200", `${what}: ${JSON.stringify(answer)}`);
  return answer;
};

const members = async (id) => {
  const answer = await works("Group.get", Group.get({ id }));
  return answer.members.map((member) => member.id).sort();
};

const users = async () => {
  const alice = await works("User.register", User.register({ id: "alice", name: "Alice 爱丽丝", portrait: "https://p.example/a?b=1&c=2" }));
  const bob = await works("User.register", User.register({ id: "bob", name: "Bob", portrait: "https://p.example/b" }));
  assert.equal(alice.userId, "alice");
  assert.ok(bob.token.length > 20 && bob.token.length <= 256, "the vendor's tokens have up to 256 bytes");
  await works("User.update", User.update({ id: "alice", name: "Alice & Co. = 100%", portrait: "https://p.example/a" }));
  const online = await works("User.OnlineStatus.get", User.OnlineStatus.get({ id: "bob" }));
  assert.equal(online.status, "0");
  await works("User.Block.add", User.Block.add({ id: "bob", minute: 1 }));
  const blocked = await works("User.Block.getList", User.Block.getList());
  assert.deepEqual(blocked.users.map((user) => user.id ?? user.userId), ["bob"]);
  await works("User.Block.remove", User.Block.remove({ id: "bob" }));
  return { alice: alice.token, bob: bob.token };
};

const groups = async () => {
  await works("Group.create", Group.create({ id: "ward-3", name: "Ward 3", members: [{ id: "alice" }, { id: "bob" }] }));
  await works("Group.create", Group.create({ id: "night", name: "Night shift", members: [{ id: "alice" }] }));
  await works("Group.join", Group.join({ id: "ward-3", name: "Ward 3", member: { id: "carol" } }));
  assert.deepEqual(await members("ward-3"), ["alice", "bob", "carol"]);
  await works("Group.quit", Group.quit({ id: "ward-3", member: { id: "carol" } }));
  await works("Group.update", Group.update({ id: "ward-3", name: "Ward three" }));
  await works("Group.sync", Group.sync({ id: "dave", groups: [{ id: "night", name: "Night & day" }, { id: "x/1", name: "X" }] }));
  assert.deepEqual(await members("night"), ["alice", "dave"]);
  assert.deepEqual(await members("ward-3"), ["alice", "bob"]);
  await works("Group.dismiss", Group.dismiss({ id: "x/1", member: { id: "dave" } }));
};

const messages = async () => {
  const text = { senderId: "alice", targetId: "ward-3", objectName: "RC:TxtMsg", content: { content: "Bed 7 & 8: 青霉素过敏 100%", extra: "e" } };
  const sent = await works("Message.Group.send", Message.Group.send({ ...text }));
  const uid = sent.messageUIDs[0].messageUID;
  const two = await works("Message.Group.send", Message.Group.send({ ...text, targetId: ["ward-3", "night"] }));
  assert.deepEqual(two.messageUIDs.map((message) => message.groupId), ["ward-3", "night"]);
  const mentioned = { type: 2, userIds: ["bob"], pushContent: "look" };
  const mention = { ...text, content: { content: "@bob", mentionedInfo: mentioned } };
  await works("Message.Group.sendMention", Message.Group.sendMention(mention));
  await works("Message.Group.send", Message.Group.send({ ...text, objectName: "clinic:alarm", content: { bed: 7 } }));
  const gone = { senderId: "alice", targetId: "ward-3", uId: two.messageUIDs[0].messageUID, sentTime: Date.now() };
  await works("Message.Group.recall", Message.Group.recall(gone));
  return uid;
};

// The SDK resolves with errors, and renumbers some.
const refusals = async () => {
  const tagged = await User.Tag.set({ id: "bob", tags: ["night"] });
  assert.equal(String(tagged.code), "1007", JSON.stringify(tagged));
  const nowhere = await Group.join({ id: "nowhere", name: "Nowhere", member: { id: "bob" } });
  assert.equal(String(nowhere.code), "1002", JSON.stringify(nowhere));
};

const wrongSecret = async () => {
  const answer = await User.register({ id: "alice", name: "Alice", portrait: "p" });
  assert.equal(String(answer.code), "20000", `the SDK's number for 1004: ${JSON.stringify(answer)}`);
  return {};
};

const all = async () => {
  const tokens = await users();
  await groups();
  const uid = await messages();
  await refusals();
  return { tokens, uid };
};

// The SDK writes what went wrong to standard output as well, so what is handed on is the last line.
(process.argv[2] === "wrong-secret" ? wrongSecret() : all())
  .then((result) => console.log(JSON.stringify(result)))
  .catch((error) => { console.error(error); process.exit(1); });
