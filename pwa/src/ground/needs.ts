/** What riders need, in a word, and the amenity or the kind of place that answers it. */

/** A need as the rider says it. */
export type Group = "water" | "meal" | "charging" | "toilet" | "rest" | "cool" | "medicine" | "mother";

/** A need: its sign, and the amenity or kind of place that answers it. */
export interface Need {
  readonly sign: string;
  readonly amenity?: string;
  readonly kind?: string;
}

/** The needs in the order of the chips (渴可喝水、饭凉能加热、没电能充电、急可如厕、累可歇脚、热可纳凉、伤可用药). */
export const GROUPS: Readonly<Record<Group, Need>> = {
  water: { sign: "drinking_water", amenity: "drinking_water" },
  meal: { sign: "microwave", amenity: "microwave" },
  charging: { sign: "phone_charging", amenity: "phone_charging" },
  toilet: { sign: "toilet", amenity: "toilet" },
  rest: { sign: "seats", amenity: "seats" },
  cool: { sign: "air_conditioning", amenity: "air_conditioning" },
  medicine: { sign: "medicine_box", amenity: "medicine_box" },
  mother: { sign: "nappy_table", kind: "mothers_room" },
};
