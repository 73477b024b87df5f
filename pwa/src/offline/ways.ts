/** The map apps that can lead to a place from this phone. */
import type { MapApp } from "@/ground/handover";
import type { Position } from "@/ground/position";
import { preferences } from "./preferences";

const APPLE = /iPhone|iPad|Macintosh/;
const WECHAT = "MicroMessenger";

/** The apps that work here: Apple's on Apple's, the system's where `geo:` is understood, which WeChat's view does not. */
function appsHere(agent: string): MapApp[] {
  const own: MapApp[] = APPLE.test(agent) ? ["apple"] : agent.includes(WECHAT) ? [] : ["system"];
  return ["amap", "baidu", "tencent", ...own];
}

/** The links to a place, one for each app that works here. The datums' outlines are fetched with the first. */
export async function waysTo(place: { name: string; position: Position }): Promise<{ app: MapApp; href: string }[]> {
  const { link } = await import("@/ground/handover");
  return appsHere(navigator.userAgent).map((app) => ({ app, href: link(app, place.name, place.position, preferences.travel) }));
}
