/** Where the mark of a sign-in is kept; apart, since every visit looks whether there is one. */

export const KEY = "xiejiao.signed-in";

/** The mark as it is kept; null: nobody is signed in, or storage is refused. */
export function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
