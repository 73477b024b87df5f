/** Why something of one's own was not given or not done, in sentences that say what to do. */
import { inLanguage } from "./index";

/** The words of refusals. */
export const refused = inLanguage({
  zh: {
    offline: "没有网络，这一步要联网。连上后再试一次。",
    slow: "网络太慢，没有收到答复。请再试一次。",
    server: "服务器暂时出了问题，过一会儿再试。",
    missing: "没有找到，或者不归您管。",
    signedOut: "登录已失效，请重新登录。",
    forbidden: "您没有这项权限。",
    somebodyElse: "这一步要由另一个人来做。",
    faulty: "有的地方填得不对，请改一下。",
    conflict: "情况已经变了，请刷新后再看。",
    tooMany: (wait: string) => `试得太多了，请过 ${wait}再试。`,
    seconds: (count: number) => `${String(count)} 秒`,
    minutes: (count: number) => `${String(count)} 分钟`,
    hours: (count: number) => `${String(count)} 小时`,
    retry: "再试一次",
  },
  en: {
    offline: "There is no network, and this step needs one. Try again once you are connected.",
    slow: "The network is too slow; no answer came. Please try again.",
    server: "The server has a problem just now. Try again in a while.",
    missing: "Not found, or outside your reach.",
    signedOut: "You are not signed in any more. Please sign in again.",
    forbidden: "You may not do this.",
    somebodyElse: "Another person has to take this step.",
    faulty: "Something is filled in wrongly; please change it.",
    conflict: "Things have changed meanwhile; please look again.",
    tooMany: (wait: string) => `Tried too often; please try again in ${wait}.`,
    seconds: (count: number) => `${String(count)} s`,
    minutes: (count: number) => `${String(count)} min`,
    hours: (count: number) => `${String(count)} h`,
    retry: "Try again",
  },
});
