/** Proving a mobile number by the code that is sent to it, which signs one in. */
import { computed, ref } from "vue";
import { Refusal, change } from "@/api/own";
import { filled } from "./filled";
import { signIn } from "./person";
import { useTrying } from "./trying";
import { useCountdown } from "./useCountdown";

/** Seconds within which a refusal to send means that a code is on its way already. */
const JUST_SENT_S = 60;
const digits = (typed: string) => typed.normalize("NFKC").replaceAll(/\D/g, "");

/** A number, its code, and what one does with them; `fill` is said at a field in which nothing was typed. */
export function usePhoneProof(fill: () => string) {
  const phone = ref("");
  const code = ref("");
  // To which number a code was sent last: with another number in the field, none was.
  const sent = ref<{ to: string; before: boolean } | null>(null);
  const awaited = computed(() => (sent.value?.to === digits(phone.value) ? sent.value : null));
  const { left, start } = useCountdown();
  const { busy, refusal, attempt, fault } = useTrying();

  function wait(seconds: number, before: boolean): void {
    sent.value = { to: digits(phone.value), before };
    start(seconds);
  }

  /** Have a code sent; whether one is on its way. */
  const send = () =>
    attempt(async () => {
      filled({ phone: phone.value }, fill());
      try {
        wait((await change("POST", "/api/v1/sign-in-codes", { phone: phone.value })).again_after_s, false);
      } catch (error) {
        if (!(error instanceof Refusal && error.kind === "too-many" && error.seconds <= JUST_SENT_S)) throw error;
        wait(error.seconds, true);
      }
    });

  /** Sign in by the code; whether one is. */
  const enter = () =>
    attempt(async () => {
      filled({ phone: phone.value, code: code.value }, fill());
      await signIn({ phone: phone.value, code: digits(code.value) });
    });

  return { phone, code, awaited, left, busy, refusal, fault, send, enter };
}
