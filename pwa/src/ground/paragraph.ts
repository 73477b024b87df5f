/** What is typed on several lines, as the server takes it. */

/** One paragraph: the server takes no control characters, and line breaks are such. */
export const paragraph = (typed: string): string => typed.replaceAll(/\s+/g, " ").trim();
