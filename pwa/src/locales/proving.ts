/** What is said where a mobile number is proven by a code. */
import { inLanguage } from "./index";

/** The words of the number and its code. */
export const proving = inLanguage({
  zh: {
    phone: "手机号",
    sendCode: "获取验证码",
    code: "验证码",
    codeHint: "6 位数字，5 分钟内有效",
    sentTo: "验证码已发送。",
    sentBefore: "刚才已经发过验证码，可直接填写。",
    again: "重新发送",
    againIn: (seconds: number) => `${String(seconds)} 秒后可重发`,
    busy: "请稍候…",
    fill: "请填写",
    kept: "手机号加密保存，只用来登录和给您发通知。",
    privacy: "隐私说明",
  },
  en: {
    phone: "Mobile number",
    sendCode: "Send me a code",
    code: "Code",
    codeHint: "6 digits, good for 5 minutes",
    sentTo: "The code was sent.",
    sentBefore: "A code was sent a moment ago; you can use it.",
    again: "Send again",
    againIn: (seconds: number) => `Send again in ${String(seconds)} s`,
    busy: "One moment…",
    fill: "Please fill this in",
    kept: "Your number is kept encrypted, and used only to sign you in and to notify you.",
    privacy: "Privacy",
  },
});
