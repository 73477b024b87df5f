/** What is said once the list stands; it comes with what eases its use. */
import { inLanguage } from "./index";

/** The words of the hints. */
export const hints = inLanguage({
  zh: {
    android: "装到手机桌面，没有网络也能打开。",
    install: "安装",
    ios: "点浏览器的分享按钮，选“添加到主屏幕”，没有网络也能打开。",
    wechat: "微信里可能拿不到位置，也存不下离线数据。点右上角“…”，选“在浏览器打开”。",
    read: "知道了",
  },
  en: {
    android: "Put it on your home screen: it opens without network too.",
    install: "Install",
    ios: "Tap the share button, then “Add to Home Screen”: it opens without network too.",
    wechat: "Inside WeChat, position and offline data may not work. Tap “…” at the top right, then “Open in browser”.",
    read: "Got it",
  },
});

/** The words of pulling the list down. */
export const pulling = inLanguage({
  zh: { on: "下拉刷新", letGo: "松开刷新" },
  en: { on: "Pull to refresh", letGo: "Let go to refresh" },
});
