/** What reverting a change would do, told from the lines that say what the change did. */

/** A line that was told as `name：was → became`, the other way round; null where it cannot be told so. */
export function turned(line: string): { readonly name: string; readonly now: string; readonly then: string } | null {
  const [before, now, ...rest] = line.split(" → ");
  const [, name, then] = /^(.+?(?:：|: ))(.*)$/s.exec(before ?? "") ?? [];
  return name === undefined || then === undefined || now === undefined || rest.length ? null : { name, now, then };
}
