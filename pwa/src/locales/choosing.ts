/** What is said where one chooses: whence, and which map app leads there. */
import { inLanguage } from "./index";

/** The words of choosing where distances count from. */
export const picker = inLanguage({
  zh: {
    hint: "区县或站点名，如 梅江、mj",
    recent: "最近选过",
    districts: "有站点的地方",
    none: "没有找到这个地点。换个写法试试。",
    onMap: "在地图上选",
    places: "站点",
  },
  en: {
    hint: "District or place, as mj",
    recent: "Recent",
    districts: "Where there are places",
    none: "Nothing found. Try another spelling.",
    onMap: "Pick on the map",
    places: "Places",
  },
});

/** The words of choosing a map app. */
export const choice = inLanguage({
  zh: {
    goWith: "用哪个地图?",
    remember: "记住选择",
  },
  en: {
    goWith: "Which map?",
    remember: "Remember",
  },
});
