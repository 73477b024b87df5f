/** What is said beside one's own member's card. */
import { inLanguage } from "./index";

/** The words of one's own card. */
export const holding = inLanguage({
  zh: {
    heading: "会员卡",
    number: (number: string) => `会员号 ${number}`,
    since: (day: string) => `${day}入会`,
    until: (day: string) => `这部手机上的卡有效至 ${day}，联网时自动更新。`,
    expired: (day: string) => `这部手机上的卡 ${day} 已到期。联网后会自动更新。`,
    year: (year: number, day: string) => `${String(year)}年${day}`,
    qr: "会员码",
    show: "给对方扫这个码，每分钟自动更换。调亮屏幕更好扫。",
    copy: "复制链接",
    copied: "已复制，3 分钟内有效",
    learns: "对方只看到您的姓、工会和有效期。没有网络也能出示。",
    busy: "正在取会员卡…",
    none: "您现在还不是会员，没有会员卡。",
    insecure: "这个页面不是安全连接（https），浏览器不提供签名功能，不能出示会员卡。请用 https 开头的网址打开。",
    verify: "验别人的会员卡",
  },
  en: {
    heading: "Member's card",
    number: (number: string) => `Member number ${number}`,
    since: (day: string) => `Member since ${day}`,
    until: (day: string) => `The card on this phone is valid until ${day}; with a network it renews itself.`,
    expired: (day: string) => `The card on this phone expired on ${day}. With a network it renews itself.`,
    year: (year: number, day: string) => `${day}/${String(year)}`,
    qr: "Code of the card",
    show: "Have this code scanned; it changes each minute. A brighter screen reads better.",
    copy: "Copy the link",
    copied: "Copied; good for 3 minutes",
    learns: "Who scans it sees your family name, union and until when it is valid. It works without a network.",
    busy: "Bringing your card…",
    none: "You are not a member now, so there is no card.",
    insecure: "This page has no secure connection (https), so the browser signs nothing and there is no card. Open it by an address that begins with https.",
    verify: "Check somebody's card",
  },
});
