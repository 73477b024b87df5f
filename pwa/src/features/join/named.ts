/** Which divisions an address in Chinese names. */

/** The names in it that end as those of divisions do, the smallest first: of one province, one city or county each. */
export function placesNamed(address: string): string[] {
  const found = address.normalize("NFKC").match(/[\p{Script=Han}]+?(?:自治[州县旗]|[省市县区旗])/gu) ?? [];
  return [...new Set(found.filter((name) => name.length > 1))].reverse();
}
