/** Lets Leaflet begin where Trusted Types hold: a policy that passes the constants of its probe and nothing else. */

/** What Leaflet 1.9.4 assigns to `innerHTML` on import, to see whether the browser draws SVG or else VML. */
const PROBES: ReadonlySet<string> = new Set(["<svg/>", '<v:shape adj="1"/>']);

interface Policies {
  readonly defaultPolicy: unknown;
  createPolicy(name: "default", rules: { createHTML(markup: string): string | null }): unknown;
}

/** The markup that may be written without a policy of its own; null refuses it. */
const admitted = (markup: string): string | null => (PROBES.has(markup) ? markup : null);

/** Make the policy, once for a page; to be called before Leaflet is imported. */
export function admitProbe(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: Policies };
  if (trustedTypes?.defaultPolicy === null) trustedTypes.createPolicy("default", { createHTML: admitted });
}
