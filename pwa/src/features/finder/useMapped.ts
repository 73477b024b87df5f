/** What the map shows: places and clusters of them in view, names of divisions from afar, and the chosen place. */
import Supercluster from "supercluster";
import { type Ref, computed, shallowRef } from "vue";
import { Fault } from "@/api/client";
import { type Place, codeOf, place } from "@/ground/places";
import { distanceM } from "@/ground/position";
import { say } from "@/locales";
import { onMap } from "@/locales/map";
import { type Division, divisions } from "@/offline/divisions";
import { useTime } from "@/offline/clock";
import { here } from "@/offline/here";
import { around, fetching, needPacks } from "@/offline/nearby";
import { usePlaceOf } from "@/offline/places";
import { preferences } from "@/offline/preferences";
import { stateOf } from "@/ui/telling";
import { found, told } from "./found";
import type { View } from "./map/drawing";
import { fitting, shortName } from "./map/labels";
import type { Mark } from "./map/marks";

/** Places that are clustered: a city's, more than anybody looks through. */
const MOST = 2000;
const MOST_DIVISIONS = 24;
/** Below this zoom a screen is wider than what the phone holds: names of divisions stand for their places. */
export const DETAILED_ZOOM = 10;
/** Pixels within which places become one cluster: a target and a half, so that no two cover each other. */
const RADIUS_PX = 88;
const CLUSTERED_TO_ZOOM = 17;

interface Counted {
  readonly number: number;
  readonly open: number;
}

/** The marks for `view`, and the place with the chosen code. */
export function useMapped(view: Ref<View | null>, chosenCode: () => string | null) {
  const now = useTime();
  const known = shallowRef<readonly Division[]>([]);
  // Looked for again when what is around changes: it may be fresher, and the first look may have found nothing.
  const { known: sought, fault: chosenFault } = usePlaceOf(chosenCode);
  const chosen = computed(() => sought.value?.place ?? null);
  const hits = computed(() => found(MOST, now.value)?.hits ?? []);

  // A map shows what lies about, not only what is nearest.
  needPacks(true);

  const index = computed(() => {
    const clusters = new Supercluster<Counted, { open: number }>({
      radius: RADIUS_PX,
      extent: 256,
      maxZoom: CLUSTERED_TO_ZOOM,
      map: ({ open }) => ({ open }),
      reduce: (sum, { open }) => {
        sum.open += open;
      },
    });
    return clusters.load(
      hits.value.flatMap((hit, number) =>
        codeOf(hit.places, hit.number) === chosen.value?.code
          ? []
          : {
              type: "Feature" as const,
              geometry: { type: "Point" as const, coordinates: [hit.places.lon[hit.number] ?? 0, hit.places.lat[hit.number] ?? 0] },
              properties: { number, open: hit.prospect === "open" ? 1 : 0 },
            },
      ),
    );
  });

  function placeMark(of: Place, metres: number | null, isChosen: boolean): Mark {
    const { words, tone } = stateOf(told(of, metres, now.value).posted, now.value, say.value);
    return { kind: "place", key: of.code, position: of.position, tone, label: `${of.name} ${words}`, chosen: isChosen };
  }

  const inView = computed<Mark[]>(() => {
    if (!view.value) return [];
    const { bounds, zoom } = view.value;
    const { west, south, east, north } = bounds;
    if (zoom < DETAILED_ZOOM || !here.value) {
      const near = known.value.filter(({ lon, lat }) => lon > west && lon < east && lat > south && lat < north);
      return fitting(near, zoom, MOST_DIVISIONS).map(({ name, lon, lat, sites }) => {
        const label = onMap.value.division(name, sites);
        return { kind: "division", key: `division ${name}`, position: { lon, lat }, name: shortName(name), label };
      });
    }
    return index.value.getClusters([west, south, east, north], Math.floor(zoom)).flatMap((feature): Mark[] => {
      const [lon = 0, lat = 0] = feature.geometry.coordinates;
      if ("cluster" in feature.properties) {
        const { cluster_id: id, point_count: count, open } = feature.properties;
        const label = onMap.value.cluster(count, open);
        return [{ kind: "cluster", key: `cluster ${String(id)}`, position: { lon, lat }, count, open, label }];
      }
      const hit = hits.value[feature.properties.number];
      return hit ? [placeMark(place(hit.places, hit.number), hit.distanceM, false)] : [];
    });
  });

  const metresToChosen = computed(() => (here.value && chosen.value ? distanceM(here.value.position, chosen.value.position) : null));
  const marks = computed(() => (chosen.value ? [...inView.value, placeMark(chosen.value, metresToChosen.value, true)] : inView.value));
  const card = computed(() => (chosen.value ? told(chosen.value, metresToChosen.value, now.value) : null));

  const note = computed(() => {
    if (chosenFault.value && !chosen.value) return chosenFault.value === "missing" ? onMap.value.noPlace : say.value.faults[chosenFault.value];
    if (!here.value) return onMap.value.nowhere;
    if (hits.value.length || fetching.value || around.value.length === 0) return null;
    return preferences.openOnArrival ? say.value.list.noneOpen : say.value.list.none;
  });

  /** Bring the divisions; without them the map shows none. */
  async function bringDivisions(): Promise<void> {
    try {
      known.value = await divisions();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
  }

  return {
    marks,
    card,
    note,
    now,
    hits,
    known,
    bringDivisions,
    division: (key: string) => known.value.find(({ name }) => key === `division ${name}`) ?? null,
    /** The zoom at which a cluster falls apart; null when `key` is none. */
    zoomOf: (key: string) => (key.startsWith("cluster ") ? index.value.getClusterExpansionZoom(Number(key.slice(8))) : null),
  };
}
