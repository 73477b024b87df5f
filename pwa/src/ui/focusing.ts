/** Where the eye and the finger should be next in a form. */
import { nextTick } from "vue";

/** Go to the first field of `form` that is wrong. */
export async function focusFault(form: HTMLElement | null): Promise<void> {
  await nextTick();
  form?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
}
