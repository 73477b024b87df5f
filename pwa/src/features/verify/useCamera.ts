/** A camera that looks for QR codes: by the browser's own detector, else by a library that is loaded for it. */
import { type Ref, onScopeDispose, ref, shallowRef } from "vue";

/** What finds codes in a picture, as browsers have it. */
interface Detector {
  detect(image: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}
interface Detecting {
  new (options: { formats: ["qr_code"] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** Why there is no picture. */
export type CameraFault = "refused" | "none";

/** Milliseconds between two looks: a cheap phone needs some to itself. */
const PAUSE_MS = 120;
let found: Promise<Detector> | undefined;

/** The detector; fetched now where the browser has none of its own. */
export function bringDetector(): Promise<Detector> {
  found ??= (async () => {
    const own = (globalThis as { BarcodeDetector?: Detecting }).BarcodeDetector;
    const reads = (await own?.getSupportedFormats().catch(() => null)) ?? [];
    const Detecting: Detecting = own && reads.includes("qr_code") ? own : (await import("./reader")).BarcodeDetector;
    return new Detecting({ formats: ["qr_code"] });
  })().catch((error: unknown) => {
    found = undefined;
    throw error;
  });
  return found;
}

/** A camera that looks into `video` until it has read a code, which it gives to `heed`. */
export function useCamera(video: Readonly<Ref<HTMLVideoElement | null>>, heed: (text: string) => void) {
  const looking = ref(false);
  const fault = shallowRef<CameraFault | null>(null);
  let turn = 0;
  let stream: MediaStream | null = null;

  function stop(): void {
    turn++;
    looking.value = false;
    stream?.getTracks().forEach((track) => { track.stop(); });
    stream = null;
  }

  async function start(): Promise<void> {
    stop();
    const mine = turn;
    looking.value = true;
    fault.value = null;
    try {
      // In an older browser, or without a secure connection, there is nothing to ask.
      const opened = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } } });
      const picture = video.value;
      // Thought better of while the browser asked.
      if (mine !== turn || !picture) {
        opened.getTracks().forEach((track) => { track.stop(); });
        return;
      }
      stream = opened;
      picture.srcObject = stream;
      await picture.play();
      const detector = await bringDetector();
      while (mine === turn) {
        // A frame that cannot be read yet: the next one may be.
        const [code] = await detector.detect(picture).catch(() => []);
        if (code && mine === turn) {
          stop();
          heed(code.rawValue);
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } catch (error) {
      // What was stopped while it began is no fault.
      if (mine !== turn) return;
      stop();
      fault.value = error instanceof DOMException && error.name === "NotAllowedError" ? "refused" : "none";
    }
  }

  onScopeDispose(stop);
  return { looking, fault, start, stop };
}
