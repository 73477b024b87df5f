/** The map itself, by Leaflet: a base map or rings, marks, and where the rider is. Nothing else knows Leaflet. */
import "leaflet/dist/leaflet.css";
import { type LatLngTuple, type Map as LeafletMap, circle, divIcon, latLngBounds, layerGroup, map, marker, tileLayer } from "leaflet";
import type { Position, Rectangle } from "@/ground/position";
import type { BaseMap } from "@/offline/installation";
import { type Mark, alike, buttonOf } from "./marks";
import { radii } from "./rings";
import { type MapDatum, meant, shownAt } from "./seen";

/** What of the world is on the screen, in WGS 84. */
export interface View {
  readonly zoom: number;
  readonly centre: Position;
  readonly bounds: Rectangle;
}

/** Where the rider counts from: located by the phone, with its accuracy, or picked. */
interface Origin {
  readonly position: Position;
  readonly accuracyM: number | null;
  readonly picked: boolean;
}

/** What the map tells: it shows another part of the world, the rider moves it, something was tapped, tiles come or not. */
interface Told {
  moved(view: View): void;
  dragged(): void;
  tapped(key: string | null): void;
  tiles(come: boolean): void;
}

/** A map on the page. */
export interface Drawing {
  /** Show these marks and no others. */
  mark(marks: readonly Mark[]): void;
  /** Show where the rider counts from; null: nowhere. `words` says a distance in metres. */
  from(origin: Origin | null, words: (metres: number) => string): void;
  /** Show all of these positions at once, no nearer than `mostZoom`. */
  fit(positions: readonly Position[], mostZoom: number): void;
  /** Put `position` in the middle. */
  centre(position: Position, zoom: number): void;
  /** Move as little as needed to show `position` above the `coveredPx` pixels at the lower edge. */
  reveal(position: Position, coveredPx: number): void;
  zoomBy(steps: number): void;
  /** Stop where it is, glide or not, and say what it shows. */
  halt(): View;
  remove(): void;
}

const LEAST_ZOOM = 3;
/** Highest zoom; base maps are stretched from theirs. */
export const MOST_ZOOM = 18;
/** Pixels at the edges that are kept free of what matters: the controls stand on the right. */
const EDGE_PX = 48;
const CONTROLS_PX = 76;
/** What Leaflet adds to the order from north to south: words of rings lie beneath all marks, the chosen one above. */
const BENEATH = -10_000;
const ABOVE = 10_000;
/** The mainland and its islands, for a rider whose position is not known. */
const CHINA: Rectangle = { west: 74, south: 18, east: 135, north: 53 };

/** A map in `element`, on the base map if there is one; `first` is where it begins. Without `motion` it jumps. */
export function draw(element: HTMLElement, baseMap: BaseMap | null, first: Pick<View, "centre" | "zoom"> | null, motion: boolean, told: Told): Drawing {
  const datum: MapDatum = baseMap?.datum ?? "wgs84";
  const at = (position: Position): LatLngTuple => {
    const { lat, lon } = shownAt(position, datum);
    return [lat, lon];
  };
  const world: LeafletMap = map(element, {
    zoomControl: false,
    attributionControl: false,
    minZoom: LEAST_ZOOM,
    maxZoom: MOST_ZOOM,
    zoomAnimation: motion,
    fadeAnimation: motion,
    markerZoomAnimation: motion,
    inertia: motion,
    worldCopyJump: true,
  });
  const rings = layerGroup().addTo(world);
  const accuracy = layerGroup().addTo(world);
  const standing = new Map<string, { mark: Mark; drawn: ReturnType<typeof marker> }>();
  let origin: Origin | null = null;
  let inWords: (metres: number) => string = String;
  let tilesCome = false;

  function view(): View {
    const [corner, opposite] = [world.getBounds().getSouthWest(), world.getBounds().getNorthEast()];
    const southWest = meant({ lon: corner.lng, lat: corner.lat }, datum);
    const northEast = meant({ lon: opposite.lng, lat: opposite.lat }, datum);
    const middle = world.getCenter();
    return {
      zoom: world.getZoom(),
      centre: meant({ lon: middle.lng, lat: middle.lat }, datum),
      bounds: { west: southWest.lon, south: southWest.lat, east: northEast.lon, north: northEast.lat },
    };
  }

  function ring(): void {
    rings.clearLayers();
    if (!origin || tilesCome) return;
    const { x, y } = world.getSize();
    const middle = shownAt(origin.position, datum);
    const point = world.project([middle.lat, middle.lon]);
    const perPixel = world.distance([middle.lat, middle.lon], world.unproject([point.x + 100, point.y])) / 100;
    for (const metres of radii(perPixel, Math.max(x, y) / 2)) {
      const drawn = circle(at(origin.position), { radius: metres, className: "ring", interactive: false, fill: false });
      const words = document.createElement("span");
      words.textContent = inWords(metres);
      const top = world.unproject([point.x, point.y - metres / perPixel]);
      const said = marker(top, { icon: icon(words, "ring__words"), interactive: false, keyboard: false, zIndexOffset: BENEATH });
      rings.addLayer(drawn).addLayer(said);
    }
  }

  function icon(html: HTMLElement, className: string) {
    return divIcon({ html, className, iconSize: [0, 0] });
  }

  function pin(mark: Mark) {
    const button = buttonOf(mark);
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      // A drag that began on the button ends with a click too; one by the keyboard has no count.
      const dragged = (world.dragging as unknown as { moved(): boolean }).moved();
      if (event.detail === 0 || !dragged) told.tapped(mark.key);
    });
    return marker(at(mark.position), { icon: icon(button, "pin"), interactive: false, keyboard: false });
  }

  world.on("moveend", () => {
    told.moved(view());
  });
  world.on("dragstart", () => {
    told.dragged();
  });
  world.on("zoomend resize", ring);
  world.on("click", () => {
    told.tapped(null);
  });
  if (first) world.setView(at(first.centre), first.zoom);
  else world.fitBounds([[CHINA.south, CHINA.west], [CHINA.north, CHINA.east]]);

  if (baseMap) {
    let came = 0;
    const say = (come: boolean) => {
      tilesCome = come;
      told.tiles(come);
      ring();
    };
    tileLayer(baseMap.tiles, { maxNativeZoom: baseMap.most_zoom, maxZoom: MOST_ZOOM, referrerPolicy: "no-referrer", className: "tiles" })
      .on("loading", () => (came = 0))
      .on("tileload", () => {
        if (came++ === 0) say(true);
      })
      .on("tileerror", () => {
        if (came === 0) say(false);
      })
      .addTo(world);
  }

  return {
    mark(marks) {
      const wanted = new Map(marks.map((mark) => [mark.key, mark]));
      // A mark that changes is drawn anew: whoever stood on it stays there.
      const focused = document.activeElement;
      let focusedKey: string | null = null;
      for (const [key, { mark, drawn }] of standing) {
        const now = wanted.get(key);
        if (now && alike(now, mark)) continue;
        if (drawn.getElement()?.contains(focused)) focusedKey = key;
        drawn.remove();
        standing.delete(key);
      }
      for (const [key, mark] of wanted) {
        if (standing.has(key)) continue;
        const drawn = pin(mark).addTo(world);
        if (mark.kind === "place" && mark.chosen) drawn.setZIndexOffset(ABOVE);
        standing.set(key, { mark, drawn });
        if (key === focusedKey) drawn.getElement()?.querySelector("button")?.focus({ preventScroll: true });
      }
    },
    from(now, words) {
      origin = now;
      inWords = words;
      accuracy.clearLayers();
      if (now) {
        const dot = document.createElement("span");
        if (now.accuracyM) {
          accuracy.addLayer(circle(at(now.position), { radius: now.accuracyM, className: "accuracy", interactive: false }));
        }
        const className = now.picked ? "origin origin--picked" : "origin";
        accuracy.addLayer(marker(at(now.position), { icon: icon(dot, className), interactive: false, keyboard: false }));
      }
      ring();
    },
    fit(positions, mostZoom) {
      world.fitBounds(latLngBounds(positions.map(at)), { padding: [EDGE_PX, EDGE_PX], maxZoom: mostZoom, animate: false });
    },
    centre(position, zoom) {
      world.setView(at(position), zoom, { animate: motion });
    },
    reveal(position, coveredPx) {
      world.panInside(at(position), {
        paddingTopLeft: [EDGE_PX, EDGE_PX],
        paddingBottomRight: [CONTROLS_PX, EDGE_PX + coveredPx],
        animate: motion,
      });
    },
    zoomBy(steps) {
      world.setZoom(world.getZoom() + steps, { animate: motion });
    },
    halt() {
      world.stop();
      return view();
    },
    remove() {
      world.remove();
    },
  };
}
