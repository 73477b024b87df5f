/** Leads who uses a page to what is theirs to see or to answer next. */

/** Focuses `element` in the midst of the screen; moves there at once for who wants no motion. */
export function leadTo(element: HTMLElement | null | undefined): void {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element?.focus({ preventScroll: true });
  element?.scrollIntoView({ block: "center", behavior: still ? "instant" : "smooth" });
}
