/** What the server's document says of an address is the type of what comes from there; checked where types are. */

import { describe, expectTypeOf, it } from "vitest";
import { type Answer, type Schemas, ask } from "@/api/client";
import type { Places } from "@/ground/places";

describe("the answer", () => {
  it("follows from the address, its parameters filled in", () => {
    expectTypeOf<Answer<"/api/v1/divisions">>().toEqualTypeOf<Schemas["Divisions"]>();
    expectTypeOf<Answer<"/api/v1/sites/6FVX3W">>().toEqualTypeOf<Schemas["SiteFeature"]>();
    expectTypeOf<Answer<`/api/v1/cells/14/${string}/${string}`>>().toEqualTypeOf<Schemas["Cell"]>();
    expectTypeOf<Answer<"/api/v1/packs/9/421/220">>().toEqualTypeOf<Schemas["Pack"]>();
  });

  it("comes from addresses of the document only", () => {
    // @ts-expect-error -- the server has no such address
    expectTypeOf(ask<"/api/v1/nowhere">).toBeFunction();
    // @ts-expect-error -- cells are of zoom 14
    expectTypeOf(ask<"/api/v1/cells/13/1/2">).toBeFunction();
  });
});

describe("a cell, as the ground reads it", () => {
  /** The parts that the document leaves open; docs/cells.md describes them, and what is read is checked as it comes. */
  type Open = "calendar" | "hours" | "access" | "columns" | "sparse";
  type Read = Places["document"];

  it("has the parts that the server's document names", () => {
    expectTypeOf<keyof Read>().toEqualTypeOf<keyof Schemas["Cell"]>();
    expectTypeOf<Omit<Schemas["Cell"], Open>>().toExtend<Omit<Read, Open>>();
    expectTypeOf<Omit<Schemas["Pack"], Open>>().toExtend<Omit<Read, Open>>();
  });
});
