/** Sends what was said of places without a network, once the app is opened again. */
import { resend } from "./votes";

void resend();
