/** Sends and brings what is no JSON: pictures, with how far they have come, and sheets to print. */
import { Refusal, type RefusalKind } from "./own";

/** Milliseconds for a whole picture on a weak network. */
const PATIENCE_MS = 90_000;
const KINDS: Readonly<Record<number, RefusalKind>> = { 400: "faulty", 401: "signed-out", 403: "forbidden", 404: "missing", 409: "conflict", 413: "faulty", 429: "too-many" };

interface Sending {
  readonly path: `/api/v1/${string}`;
  readonly body: Blob;
  /** By which the server knows that it is sent twice. */
  readonly key?: string;
  /** Told how much of it has gone, 0 to 1. */
  readonly gone?: (part: number) => void;
}

async function faultsOf(answer: Blob): Promise<Map<string, string>> {
  const read = (await answer.text().then(JSON.parse).catch(() => null)) as { errors?: { field: string; message: string }[] } | null;
  return new Map((read?.errors ?? []).map(({ field, message }) => [field, message]));
}

/** What the server answers to a file; Refusal when it was not done. */
export function exchange({ path, body, key, gone }: Sending): Promise<Blob> {
  // Not fetch, which does not say how much of a body has gone.
  const request = new XMLHttpRequest();
  return new Promise<Blob>((resolve, reject) => {
    request.open("POST", path);
    request.responseType = "blob";
    request.timeout = PATIENCE_MS;
    request.setRequestHeader("Content-Type", body.type);
    request.setRequestHeader("Accept-Language", document.documentElement.lang);
    request.setRequestHeader("Xiejiao-App", "1");
    if (key !== undefined) request.setRequestHeader("Idempotency-Key", key);
    request.upload.onprogress = ({ loaded, total }) => gone?.(total ? loaded / total : 0);
    request.onerror = () => { reject(new Refusal("offline")); };
    request.ontimeout = () => { reject(new Refusal("slow")); };
    request.onload = () => {
      const answer = request.response as Blob;
      if (request.status < 300) resolve(answer);
      else void faultsOf(answer).then((faults) => { reject(new Refusal(KINDS[request.status] ?? "server", { faults, seconds: Number(request.getResponseHeader("Retry-After") ?? 0) || 0 })); });
    };
    request.send(body);
  });
}
