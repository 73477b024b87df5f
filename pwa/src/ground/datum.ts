/** The datums in use in China and their conversion; with its outlines it is loaded when a map application is wanted. */

import { MAINLAND, TAIWAN, XISHA } from "./outline";
import type { Position } from "./position";

/** What a pair of degrees is counted in: WGS 84 (phones), GCJ-02 (Amap, Tencent), BD-09 (Baidu). */
export type Datum = "wgs84" | "gcj02" | "bd09";

const { PI, sin, cos, sqrt, abs, min, max } = Math;
const RADIANS = PI / 180;
// Width in metres of the strip inside the outline in which the shift fades to nothing: wider than the largest shift,
// else two points could fall together; narrower than the outline's margin around China.
const STRIP_M = 2500;
const METRES_PER_DEGREE = 111_195;
const REACH = STRIP_M / METRES_PER_DEGREE;
const KRASOVSKY_RADIUS_M = 6_378_245;
const KRASOVSKY_ECCENTRICITY_2 = 0.00669342162296594323;
const ROUNDS = 64;
// Degrees: a micrometre.
const CLOSE_ENOUGH = 1e-11;

/**
 * Where a WGS 84 point lies in `datum`; outside the shifted area it stays where it is.
 *
 * GCJ-02 by the formula published with its constants (Krasovsky's ellipsoid), BD-09 by its second shift. The WGS 84
 * point decides on which side of the border it is; in the last 2.5 km inside the outline the shift fades to nothing,
 * so that the way back is unambiguous.
 */
export function fromWgs84(position: Position, datum: Datum): Position {
  const share = datum === "wgs84" ? 0 : shareOfShift(position);
  if (!share) return position;
  const full = datum === "bd09" ? bd09(gcj02(position)) : gcj02(position);
  return {
    lon: position.lon + share * (full.lon - position.lon),
    lat: position.lat + share * (full.lat - position.lat),
  };
}

/** The WGS 84 point that lies at `position` in `datum`, to well below a centimetre. */
export function toWgs84(position: Position, datum: Datum): Position {
  let found = position;
  for (let round = 0; round < ROUNDS; round++) {
    const image = fromWgs84(found, datum);
    const lon = image.lon - position.lon;
    const lat = image.lat - position.lat;
    found = { lon: found.lon - lon, lat: found.lat - lat };
    if (abs(lon) < CLOSE_ENOUGH && abs(lat) < CLOSE_ENOUGH) break;
  }
  return found;
}

/** Whether a WGS 84 point can be a place in China, Taiwan among it; generous by up to 10 km, 20 km at sea. */
export const insideChina = (position: Position): boolean =>
  shareOfShift(position) > 0 || depthM(position, TAIWAN) > 0;

function gcj02({ lon, lat }: Position): Position {
  const x = lon - 105;
  const y = lat - 35;
  const root = sqrt(abs(x));
  const short = 20 * sin(6 * PI * x) + 20 * sin(2 * PI * x);
  const waves = (z: number, a: number, b: number, c: number, d: number, f: number) =>
    ((short + 20 * sin(PI * z) + 40 * sin((PI * z) / 3)) * 2) / 3 + ((a * sin((PI * z) / b) + c * sin((PI * z) / d)) * f) / 3;
  const northM = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves(y, 160, 12, 320, 30, 2);
  const eastM = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves(x, 150, 12, 300, 30, 2);
  const phi = lat * RADIANS;
  const squeeze = 1 - KRASOVSKY_ECCENTRICITY_2 * sin(phi) ** 2;
  const alongParallel = KRASOVSKY_RADIUS_M / sqrt(squeeze);
  const alongMeridian = (alongParallel * (1 - KRASOVSKY_ECCENTRICITY_2)) / squeeze;
  return {
    lon: lon + eastM / (alongParallel * cos(phi)) / RADIANS,
    lat: lat + northM / alongMeridian / RADIANS,
  };
}

function bd09({ lon, lat }: Position): Position {
  const wave = (PI * 3000) / 180;
  const radius = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * wave);
  const angle = Math.atan2(lat, lon) + 0.000003 * cos(lon * wave);
  return { lon: radius * cos(angle) + 0.0065, lat: radius * sin(angle) + 0.006 };
}

const shareOfShift = (position: Position): number =>
  min(max(depthM(position, MAINLAND), depthM(position, XISHA)) / STRIP_M, 1);

/** Metres from a point inside a ring to the ring, at most the width of the strip; 0 outside. */
function depthM({ lon, lat }: Position, ring: readonly number[]): number {
  const squeeze = cos(lat * RADIANS);
  let inside = false;
  let depth = REACH;
  const [firstLon = 0, firstLat = 0] = ring;
  let lon1 = firstLon;
  let lat1 = firstLat;
  for (let place = 2; place <= ring.length; place += 2) {
    const closes = place === ring.length;
    const lon2 = closes ? firstLon : lon1 + (ring[place] ?? 0);
    const lat2 = closes ? firstLat : lat1 + (ring[place + 1] ?? 0);
    const west = lon1 / 100;
    const south = lat1 / 100;
    const east = lon2 / 100;
    const north = lat2 / 100;
    if (south > lat !== north > lat && lon < west + ((lat - south) * (east - west)) / (north - south)) inside = !inside;
    depth = min(depth, degreesAway((west - lon) * squeeze, south - lat, (east - lon) * squeeze, north - lat));
    lon1 = lon2;
    lat1 = lat2;
  }
  return inside ? depth * METRES_PER_DEGREE : 0;
}

/** The distance of the origin from the segment between two points; no more than the strip's width is looked at. */
function degreesAway(x1: number, y1: number, x2: number, y2: number): number {
  if (min(y1, y2) > REACH || max(y1, y2) < -REACH || min(x1, x2) > REACH || max(x1, x2) < -REACH) return REACH;
  const dx = x2 - x1;
  const dy = y2 - y1;
  const along = min(max(-(x1 * dx + y1 * dy) / (dx * dx + dy * dy), 0), 1);
  return sqrt((x1 + along * dx) ** 2 + (y1 + along * dy) ** 2);
}
