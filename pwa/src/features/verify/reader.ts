/** The reader of QR codes for browsers that have none; apart, so that only they load it. */
export { BarcodeDetector } from "qr/decode.js";
