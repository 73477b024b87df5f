/** The parts of a place that its manager may change, in the order of the page. */

export const PARTS = ["hours", "closures", "amenities", "notice", "photos", "tasks", "history", "poster"] as const;
export type Part = (typeof PARTS)[number];

/** The sign beside each that is on the sheet of signs. */
export const SIGNS: Readonly<Record<Exclude<Part, "photos" | "poster">, string>> = {
  hours: "clock",
  closures: "lockable_door",
  amenities: "tools",
  notice: "notice",
  tasks: "alert",
  history: "books",
};
