/** What only the choices and the privacy page say; it comes with them. */
import { inLanguage } from "./index";

/** The words of the choices. */
export const settings = inLanguage({
  zh: {
    elder: "大字版",
    dark: "深色",
    light: "浅色",
    system: "跟随系统",
    theme: "显示",
    language: "语言",
    ride: "出行方式",
    onFoot: "步行",
    byEbike: "骑电动车",
    mapApp: "导航用",
    ask: "每次询问",
    signIn: "登录",
    account: "我的账户",
    desks: { "/manage": "我的站点", "/staff": "站点总览" },
    join: "加入工会",
    membership: "我的入会",
    verify: "验会员卡",
    reports: "我的反映",
    privacy: "隐私",
    api: "开放数据与接口",
    operator: (who: string) => `运营单位：${who}`,
  },
  en: {
    elder: "Large text",
    dark: "Dark",
    light: "Light",
    system: "As the system",
    theme: "Display",
    language: "Language",
    ride: "How you travel",
    onFoot: "On foot",
    byEbike: "By e-bike",
    mapApp: "Navigate with",
    ask: "Ask each time",
    signIn: "Sign in",
    account: "My account",
    desks: { "/manage": "My places", "/staff": "All places" },
    join: "Join the union",
    membership: "My membership",
    verify: "Check a member's card",
    reports: "My reports",
    privacy: "Privacy",
    api: "Open data and API",
    operator: (who: string) => `Run by ${who}`,
  },
});

/** What the app does with data, whoever runs it. */
export const privacy = inLanguage({
  zh: [
    {
      heading: "位置",
      text: "您的精确位置只在手机里用来排序，不发送给我们。手机只取约两公里见方的格子和更大的区域包，里面是站点，不是您。服务器日志不记录查询内容，也不记录取的是哪一格。",
    },
    { heading: "手机里存的", text: "取过的站点、您的筛选和显示选择、最近手动选过的地点，都只存在这部手机里，清除浏览器数据即可删除。" },
    { heading: "不用登录", text: "查找站点不需要账号、手机号或人脸。没有统计脚本。" },
    { heading: "登录以后", text: "手机号加密保存，只用来认出您、发验证码（由短信服务商代发）。退出登录会清掉这部手机里的个人内容。" },
    {
      heading: "申请入会",
      text: "填写中的申请加密存在这部手机里，最多 7 天，发出后、退出登录时清掉。发出的内容加密保存，只给受理的工会和它的上级看；您可随时下载、撤回或删除。",
    },
    { heading: "反映问题", text: "我们记下您点的那一项、时间、这部手机的随机编号和网络段的摘要，不记位置；半年后删除。" },
    { heading: "去导航", text: "点“去这里”时，站点的坐标会交给您选的地图应用；之后按那个应用的规则。" },
  ],
  en: [
    {
      heading: "Position",
      text: "Your exact position is used on the phone only, to rank places; it is not sent to us. The phone asks for squares of about two kilometres and for larger packs; they hold places, not you. Our logs keep neither the question nor which square it was.",
    },
    {
      heading: "What the phone keeps",
      text: "Places it fetched, your filters and choices, and places you picked lately stay on this phone. Clearing the browser's data removes them.",
    },
    { heading: "No sign-in", text: "Finding a place needs no account, number or face. There are no trackers." },
    { heading: "Once signed in", text: "Your number is kept encrypted, to know you again and to send codes (through an SMS provider). Signing out clears what is yours from this phone." },
    {
      heading: "Joining the union",
      text: "An application that you fill in lies encrypted on this phone, for 7 days at most; it goes once it is sent, and when you sign out. What is sent is kept encrypted, for the union that takes it and those above. You may download, withdraw or erase it at any time.",
    },
    { heading: "Reporting", text: "We keep what you tapped, when, a random number of this phone and a digest of its network, not where you are; it is deleted after half a year." },
    { heading: "Navigation", text: "“Go” hands the place's position to the map app you chose; from there that app's rules hold." },
  ],
});

/** What the map adds to that, without and with a base map. */
export const privacyOfMap = inLanguage({
  zh: {
    none: { heading: "地图", text: "地图由手机自己画，没有底图，不向任何第三方发送请求。" },
    tiles: {
      heading: "地图",
      text: "打开地图时，手机会向底图的提供方下载您正在看的那一片图；对方由此可知您的网络地址在看哪一带。地图自己只对准您所在的那个约两公里见方的格子，不对准您；您自己拖动、放大或选地点时，看的那一片对方会知道得更细。我们不把位置交给它。不打开地图，就不会有这样的请求。",
    },
  },
  en: {
    none: { heading: "Map", text: "The phone draws the map itself, without a base map; no third party is asked." },
    tiles: {
      heading: "Map",
      text: "While the map is open, the phone downloads the part that you look at from the provider of the base map, who thus learns which area your network address looks at. By itself the map looks at the square of about two kilometres that you are in, not at you; when you move it, zoom in or pick a place, the provider learns more finely what you look at. We hand it no position. As long as you do not open the map, nothing is asked.",
    },
  },
});
