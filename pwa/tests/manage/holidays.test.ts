// @vitest-environment node
/** What a manager answers about holidays is written into the text. */
import { expect, test } from "vitest";
import { isOpenOnHolidaysUnsaid, sayingHolidays } from "@/features/manage/holidays";

test.each([
  ["8:30-12:00,14:00-18:00 节假日除外", false, "8:30-12:00,14:00-18:00 节假日休息"],
  ["9:00-17:00（周一闭馆，法定节假日除外）", true, "9:00-17:00（周一闭馆，节假日照常）"],
  ["8:30-12:00", true, "8:30-12:00 节假日照常"],
  ["每天 8:00–20:00，节假日不详", true, "每天 8:00–20:00，节假日照常"],
  ["Mo-Fr 08:00-17:00; PH unknown", false, "Mo-Fr 08:00-17:00; PH off"],
  ["Mo-Fr 08:00-17:00; PH unknown", true, "Mo-Fr 08:00-17:00"],
])("%s, open on holidays: %s", (text, open, said) => {
  expect(sayingHolidays(text, open)).toBe(said);
});

test("only what is about holidays is asked about so", () => {
  expect(isOpenOnHolidaysUnsaid("8:30-12:00 节假日除外", ["exception"])).toBe(true);
  expect(isOpenOnHolidaysUnsaid("8:30-12:00 周末除外", ["exception"])).toBe(false);
  expect(isOpenOnHolidaysUnsaid("8:30-12:00", ["days_assumed", "holidays_unknown"])).toBe(true);
});
