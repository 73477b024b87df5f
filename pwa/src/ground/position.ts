/** Where a place is, and how far it is from another. */

/** A point in degrees of WGS 84, unless another datum is said beside it. */
export interface Position {
  readonly lon: number;
  readonly lat: number;
}

/** Where two meridians and two parallels enclose, in degrees. */
export interface Rectangle {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

const RADIANS = Math.PI / 180;
const WGS84_RADIUS_M = 6_378_137;
const WGS84_ECCENTRICITY_2 = 0.0066943799901413165;
// The least that a degree of latitude measures (at the equator), and one of longitude once multiplied by the cosine;
// a little less, so that rounding never makes a bound too large.
const LEAST_DEGREE_OF_LATITUDE_M = 110_574;
const LEAST_DEGREE_OF_LONGITUDE_M = 111_319;

/**
 * Metres along the WGS 84 ellipsoid between two WGS 84 points; within 0.1 % up to 500 km below 55 degrees.
 *
 * The difference in latitude counts along the meridian's radius of curvature at the mid-latitude, that in longitude
 * along the parallel's (the method of 47 CFR 73.208, with the radii of WGS 84). The server counts alike.
 */
export function distanceM(a: Position, b: Position): number {
  const mid = ((a.lat + b.lat) / 2) * RADIANS;
  const sine = Math.sin(mid);
  const squeeze = 1 - WGS84_ECCENTRICITY_2 * sine * sine;
  const alongParallel = WGS84_RADIUS_M / Math.sqrt(squeeze);
  const alongMeridian = (alongParallel * (1 - WGS84_ECCENTRICITY_2)) / squeeze;
  const apart = b.lon - a.lon;
  const east = (apart - 360 * Math.round(apart / 360)) * RADIANS * alongParallel * Math.cos(mid);
  const north = (b.lat - a.lat) * RADIANS * alongMeridian;
  return Math.sqrt(east * east + north * north);
}

/** The point of a rectangle that is nearest in degrees; the position itself inside. */
export const nearestPoint = ({ lon, lat }: Position, { west, south, east, north }: Rectangle): Position => ({
  lon: Math.min(Math.max(lon, west), east),
  lat: Math.min(Math.max(lat, south), north),
});

/** Metres to a rectangle at least: no point of it is nearer by `distanceM`; 0 inside. */
export function leastM(here: Position, rectangle: Rectangle): number {
  const nearest = nearestPoint(here, rectangle);
  const farthest = Math.max(Math.abs(here.lat), Math.abs(rectangle.south), Math.abs(rectangle.north));
  const east = (nearest.lon - here.lon) * LEAST_DEGREE_OF_LONGITUDE_M * Math.cos(farthest * RADIANS);
  const north = (nearest.lat - here.lat) * LEAST_DEGREE_OF_LATITUDE_M;
  return Math.sqrt(east * east + north * north);
}
