/** Every text of the page in English. Other languages have the same names. */

import { isolated } from "../people/bidi";

const many = (count: number, one: string, other: string) => `${number(count)} ${count === 1 ? one : other}`;
const number = (value: number) => value.toLocaleString("en");

export const en = {
  language: "Language",

  connectionState: {
    connecting: "Connecting…",
    connected: "Connected",
    offline: "Offline, trying again",
    signedOut: "Signed in elsewhere",
    refused: "Not admitted",
    blocked: "Blocked",
  },

  groups: "Groups",
  noGroups: "You are in no group yet.",
  chooseGroup: "Choose a group to read.",
  members: (count: number) => many(count, "member", "members"),
  unreadMessages: (count: number) => many(count, "new message", "new messages"),
  hasNews: "Something new",
  nothingSaid: "Nobody has said anything yet",
  you: "You",
  /** Between a name and what was said. */
  colon: ": ",
  back: "Back to the groups",

  messages: "Messages",
  loadingOlder: "Loading older messages…",
  beginning: "This is where it begins.",
  cannotLoad: "The messages could not be loaded.",
  tryAgain: "Try again",
  newMessages: "New",
  toLatest: "To the newest message",
  recalled: "This message was recalled.",
  unknownContent: "This page cannot show this kind of message.",
  sending: "Sending…",
  notSent: (why: string) => `Not sent: ${why}.`,
  notAsked: (why: string) => `Not asked: ${why}.`,
  reasons: {
    4: "the connection ended before the server answered",
    20604: "too many messages at once, wait a moment",
    20607: "too many requests at once, wait a moment",
    22406: "you are not a member of this group",
    22408: "you are muted in this group",
    24406: "you are not a member of this group",
    24414: "this channel is no longer there",
    26322: "the message is no longer there",
    30002: "there is no connection",
    30003: "the server did not answer in time",
    30016: "the message is too long",
    31009: "you are blocked",
    90002: "the server cannot keep anything at the moment",
    90004: "the message is too long",
    90007: "the server is restarting",
    90011: "the server is too busy",
  } as Readonly<Record<number, string>>,
  otherReason: (code: number) => `code ${code}`,
  sendAgain: "Send again",
  messageFrom: (name: string) => `Message from ${isolated(name)}`,

  write: "Write a message",
  send: "Send",
  askWhileSending: "Ask who has read it",

  ask: "Ask who has read it",
  asking: "Asking…",
  /** Stands behind a badge such as 7/12, for those who hear it. */
  badgeMeaning: " have read it. Show who.",
  receiptAsked: "Read receipt asked for",
  receiptGiving: "Telling that you have read it…",
  receiptGiven: "You let the sender know",

  whoHasRead: "Who has read it",
  close: "Close",
  read: "Read",
  notRead: "Not read",
  left: "Left",
  leftWhat: "They were asked and left the group without reading.",
  search: "Search for a name",
  searchProgress: (done: number, all: number) => `Searched ${number(done)} of ${number(all)}`,
  found: (count: number) => `${number(count)} found`,
  nobodyFound: "No name like this.",
  nobodyRead: "Nobody has read it yet.",
  nobodyUnread: "Everybody has read it.",
  nobodyLeft: "Nobody who was asked has left.",
  listFailed: "The list could not be loaded.",
  halfAfter: (time: string) => `Half of them within ${time}`,
  notHalf: "Not half of them yet",
  chart: (read: number, total: number, time: string) =>
    `Chart: how reading grew. ${number(read)} of ${number(total)} have read it, ${time} after it was sent.`,
  after: (time: string) => `after ${time}`,

  story: {
    offline: (waiting: number) =>
      waiting > 0
        ? `You are offline. ${many(waiting, "receipt is", "receipts are")} kept and sent as soon as the server is back.`
        : "You are offline. What you read is remembered and told as soon as the server is back.",
    connecting: "Connecting to the server…",
    refused: "The server does not accept this sign-in any more. Ask for a new link.",
    blocked: "An administrator has blocked you. You can read what is here, and nothing is sent any more.",
    signedOut: "You signed in on too many devices, so this page was signed out. Reload it to come back.",
    choose: (name: string) => `You are ${isolated(name)}. Open a group, or open a second link beside this one to see both sides.`,
    invite: (count: number) =>
      `Write to ${many(count, "person", "people")} and ask who has read it. You will see the answers come in.`,
    asked: (total: number) => `You asked ${many(total, "person", "people")}. Each answers when the message is on screen.`,
    progress: (read: number, total: number, left: number) =>
      `${number(read)} of ${number(total)} have read your message; ${many(left, "person has", "people have")} not. Open the badge to see who.`,
    complete: (total: number) =>
      total === 1 ? "The one you asked has read your message." : `All ${number(total)} you asked have read your message.`,
    panel: "Answers arrive live. Each person counts once, and only you are told.",
    receiverAsked: (name: string) => `${isolated(name)} asks who has read this. Look at it for half a second, and your answer goes out.`,
    receiverGiven: (name: string) => `${isolated(name)} knows that you have read the message. Nobody else was told.`,
    hide: "Hide explanations",
    show: "Explain what is happening",
    title: "What is happening",
  },

  welcome: {
    title: "Who has read it?",
    lead: "Seenby is a group chat server that answers this for a message: who has read it, when, and who has not.",
    how: "You need a token to come in",
    demo: "Try it on your own machine; it prints a link for each of three people:",
    own: "On your own server, make a token for somebody:",
    paste: "Paste a token or a whole link",
    appKey: "App key",
    token: "Token or link",
    enter: "Come in",
    needsToken: "Paste a token or a link first.",
    refused: "The server did not accept this token. It may belong to another app or server.",
    expired: "This token has expired. Ask for a new one.",
    blocked: "An administrator has blocked this user.",
    noSocket: "This browser cannot connect: it has no WebSocket.",
    leave: "Leave",
  },

  announceMessage: (name: string, text: string) => `${isolated(name)}: ${isolated(text)}`,
  announceReaders: (read: number, total: number) => `${number(read)} of ${number(total)} have read your message`,
};

export type Texts = typeof en;
