/** Links that hand a place over to a map app, each with the position in the datum that the app counts in. */
import { type Datum, fromWgs84 } from "./datum";
import type { Position } from "./position";
import type { Travel } from "./ranking";

/** The map apps; `system` is whatever the phone opens for a `geo:` address. */
export type MapApp = "amap" | "baidu" | "tencent" | "apple" | "system";

/** What each app counts in: the makers of maps in China in GCJ-02, Baidu in BD-09, RFC 5870 (`geo:`) in WGS 84. */
const DATUMS: Readonly<Record<MapApp, Datum>> = {
  amap: "gcj02",
  baidu: "bd09",
  tencent: "gcj02",
  apple: "gcj02",
  system: "wgs84",
};

const DIGITS = 6;

/** The link that lets `app` lead to a place (`position` in WGS 84), by the addresses that the makers publish. */
export function link(app: MapApp, name: string, position: Position, travel: Travel): string {
  const there = fromWgs84(position, DATUMS[app]);
  const lon = there.lon.toFixed(DIGITS);
  const lat = there.lat.toFixed(DIGITS);
  const called = encodeURIComponent(name.replaceAll(/[,|:()]/g, " "));
  switch (app) {
    case "amap":
      return `https://uri.amap.com/navigation?to=${lon},${lat},${called}&mode=${travel === "ebike" ? "ride" : "walk"}&coordinate=gaode&src=xiejiao&callnative=1`;
    case "baidu":
      return `https://api.map.baidu.com/marker?location=${lat},${lon}&title=${called}&content=${called}&output=html&coord_type=bd09ll&src=webapp.xiejiao`;
    case "tencent":
      return `https://apis.map.qq.com/uri/v1/routeplan?type=${travel === "ebike" ? "bike" : "walk"}&to=${called}&tocoord=${lat},${lon}&referer=xiejiao`;
    case "apple":
      return `https://maps.apple.com/?daddr=${lat},${lon}&q=${called}&dirflg=${travel === "ebike" ? "c" : "w"}`;
    case "system":
      return `geo:${lat},${lon}?q=${lat},${lon}(${called})`;
  }
}
