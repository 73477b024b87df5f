/** What a typed text of hours says of public holidays, put beyond doubt. */

const UNKNOWN = /[;，,]?\s*(?:PH unknown|(?:法定)?节假日不详)/;
const EXCEPTION = /[^\s,，;；（()）]*(?:节假?日|假日|假期)[^\s,，;；（()）]*除外/;

/** Whether the text leaves open what holds on holidays, so that it can be said in one tap. */
export function isOpenOnHolidaysUnsaid(text: string, codes: readonly string[]): boolean {
  return codes.includes("holidays_unknown") || (codes.includes("exception") && EXCEPTION.test(text));
}

/** The text, saying that holidays are as always, or off. */
export function sayingHolidays(text: string, open: boolean): string {
  const said = open ? "节假日照常" : "节假日休息";
  if (text.includes("PH unknown")) return text.replace(UNKNOWN, open ? "" : "; PH off");
  if (UNKNOWN.test(text)) return text.replace(UNKNOWN, `，${said}`);
  return EXCEPTION.test(text) ? text.replace(EXCEPTION, said) : `${text.trim()} ${said}`;
}
