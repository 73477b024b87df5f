/** What stands on the map, and the button that each thing is: built node by node, never from markup. */
import type { Position } from "@/ground/position";
import type { Tone } from "@/ui/telling";

/** A place: its state by shape, sign and colour. */
interface PlaceMark {
  readonly kind: "place";
  readonly tone: Tone;
  readonly chosen: boolean;
}

/** Places that stand too near each other; `open` of them will be open on arrival. */
interface ClusterMark {
  readonly kind: "cluster";
  readonly count: number;
  readonly open: number;
}

/** A division that has places, to begin with where there is no position. */
interface DivisionMark {
  readonly kind: "division";
  readonly name: string;
}

/** Something on the map: `key` tells it from the others, `label` says it in words. */
export type Mark = { readonly key: string; readonly label: string; readonly position: Position } & (
  | PlaceMark
  | ClusterMark
  | DivisionMark
);

const SVG = "http://www.w3.org/2000/svg";
const SIGNS: Readonly<Record<Tone, string>> = { good: "check", warn: "clock", doubt: "alert", shut: "x", unsure: "question" };

/** Whether two marks look and read the same. */
export const alike = (a: Mark, b: Mark): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The button of a mark. */
export function buttonOf(mark: Mark): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `mark mark--${mark.kind}`;
  button.setAttribute("aria-label", mark.label);
  const body = document.createElement("span");
  body.className = "mark__body";
  if (mark.kind === "place") {
    button.classList.add(`mark--${mark.tone}`);
    button.setAttribute("aria-pressed", String(mark.chosen));
    body.append(sign(SIGNS[mark.tone]));
  } else if (mark.kind === "cluster") {
    button.classList.toggle("mark--none", mark.open === 0);
    body.append(String(mark.count));
  } else {
    body.append(mark.name);
  }
  button.append(body);
  return button;
}

function sign(name: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.classList.add("sign");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#sign-${name}`);
  svg.append(use);
  return svg;
}
