/** Lets go of an application that was begun and forgotten, after its week, whichever page is opened. */
import { keptDraft } from "./application";

void keptDraft();
