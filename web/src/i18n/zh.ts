/** 页面上的全部中文文案，名称与英文一致。 */

import type { Texts } from "./en";

const number = (value: number) => value.toLocaleString("zh-CN");

export const zh: Texts = {
  language: "语言",

  connectionState: {
    connecting: "正在连接…",
    connected: "已连接",
    offline: "已离线，正在重连",
    signedOut: "已在别处登录",
    refused: "无法登录",
  },

  groups: "群聊",
  noGroups: "你还没有加入任何群。",
  chooseGroup: "选择一个群开始阅读。",
  members: (count) => `${number(count)} 位成员`,
  unreadMessages: (count) => `${number(count)} 条新消息`,
  hasNews: "有新消息",
  nothingSaid: "还没有人发言",
  you: "我",
  saidBy: (name, text) => `${name}：${text}`,
  back: "返回群列表",

  messages: "消息",
  loadingOlder: "正在加载更早的消息…",
  beginning: "这里是最早的消息。",
  cannotLoad: "消息加载失败。",
  tryAgain: "重试",
  newMessages: "新消息",
  toLatest: "回到最新消息",
  recalled: "这条消息已被撤回。",
  unknownContent: "此页面无法显示这类消息。",
  sending: "发送中…",
  notSent: "未发送。",
  sendAgain: "重新发送",
  messageFrom: (name) => `${name} 的消息`,

  write: "输入消息",
  send: "发送",
  askWhileSending: "询问谁已读",

  ask: "询问谁已读",
  asking: "正在询问…",
  badgeMeaning: " 人已读，查看名单。",
  receiptAsked: "对方请求已读回执",
  receiptGiving: "正在告知对方…",
  receiptGiven: "已告知对方你已读",

  whoHasRead: "谁已读",
  close: "关闭",
  read: "已读",
  notRead: "未读",
  left: "已退群",
  leftWhat: "这些人被询问过，但未读就退出了群。",
  search: "按姓名搜索",
  searchProgress: (done, all) => `已搜索 ${number(done)} / ${number(all)}`,
  found: (count) => `找到 ${number(count)} 人`,
  nobodyFound: "没有匹配的姓名。",
  nobodyRead: "还没有人读。",
  nobodyUnread: "所有人都已读。",
  nobodyLeft: "被询问的人都还在群里。",
  listFailed: "名单加载失败。",
  halfAfter: (time) => `半数人在${time}内已读`,
  notHalf: "已读人数未过半",
  chart: (read, total, time) => `图表：已读人数随时间的变化。发出${time}后，${number(total)} 人中有 ${number(read)} 人已读。`,
  after: (time) => `${time}后`,

  story: {
    offline: (waiting) =>
      waiting > 0
        ? `当前离线。${number(waiting)} 个回执已保存，恢复连接后立即发送。`
        : "当前离线。你读过的消息会被记住，恢复连接后再告知对方。",
    connecting: "正在连接服务器…",
    signedOut: "登录的设备过多，此页面已退出登录。刷新页面即可重新登录。",
    choose: (name) => `你是 ${name}。打开一个群，或者在旁边打开另一个链接，同时看到双方。`,
    invite: (count) => `给 ${number(count)} 个人发条消息，并询问谁已读，答复会陆续出现。`,
    asked: (total) => `你询问了 ${number(total)} 人。消息在谁的屏幕上显示，谁就会自动答复。`,
    progress: (read, total, left) =>
      `${number(total)} 人中已有 ${number(read)} 人读了你的消息，还有 ${number(left)} 人未读。点开徽标查看名单。`,
    complete: (total) => `你询问的 ${number(total)} 人全部已读。`,
    panel: "答复实时到达。每个人只计一次，并且只有你知道谁读了。",
    receiverAsked: (name) => `${name} 想知道谁读了这条消息。消息显示半秒后，你的答复会自动发出。`,
    receiverGiven: (name) => `${name} 已经知道你读了这条消息，其他人不会知道。`,
    hide: "隐藏说明",
    show: "说明正在发生什么",
    title: "正在发生",
  },

  welcome: {
    title: "谁读了？",
    lead: "Seenby 是一个群聊服务器，它回答关于一条消息的问题：谁读了、何时读的、谁还没读。",
    how: "进入需要一个令牌",
    demo: "在自己的电脑上试用，它会为三个人各打印一个链接：",
    own: "在自己的服务器上，为某个人生成令牌：",
    paste: "粘贴令牌或完整链接",
    appKey: "App Key",
    token: "令牌或链接",
    enter: "进入",
    needsToken: "请先粘贴令牌或链接。",
    refused: "服务器没有接受这个令牌。它可能已过期，或属于另一个应用。",
    noSocket: "此浏览器不支持 WebSocket，无法连接。",
    leave: "退出",
  },

  announceMessage: (name, text) => `${name}：${text}`,
  announceReaders: (read, total) => `${number(total)} 人中 ${number(read)} 人已读你的消息`,
};
