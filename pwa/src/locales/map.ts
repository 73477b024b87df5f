/** What only the map says; it comes with the map. */
import { inLanguage } from "./index";

/** The words of the map. */
export const onMap = inLanguage({
  zh: {
    region: "站点地图",
    asList: "用列表看这些站点",
    closer: "放大",
    farther: "缩小",
    north: "北",
    locate: "重新定位",
    lookHere: "在这里找",
    point: "地图上选的点",
    cluster: (count: number, open: number) => `${String(count)} 处站点，${String(open)} 处到时开着，点开放大`,
    division: (name: string, count: number) => `${name}，${String(count)} 处站点`,
    nowhere: "点一个地方，或把地图移到要去的地方再点“在这里找”。",
    tilesFail: "底图加载不了，先看距离圈；站点照常可用。",
    noPlace: "没有找到这个站点。可能已经撤销，或编号有误。",
    missing: "地图还没存到手机里，连上网络后再看。",
  },
  en: {
    region: "Map of places",
    asList: "See these places as a list",
    closer: "Zoom in",
    farther: "Zoom out",
    north: "N",
    locate: "Find my position again",
    lookHere: "Look here",
    point: "Point on the map",
    cluster: (count: number, open: number) => `${String(count)} places, ${String(open)} open on arrival; tap to zoom in`,
    division: (name: string, count: number) => `${name}, ${String(count)} places`,
    nowhere: "Tap a name, or move the map to where you want to go and tap “Look here”.",
    tilesFail: "The base map does not load; here are rings of distance. Places work as ever.",
    noPlace: "No such place. It may have been removed, or the code is wrong.",
    missing: "The map is not on the phone yet; look again when you are online.",
  },
});
