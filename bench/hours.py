"""How long compiling and asking 2,000 distinct texts takes, and what one plain dictionary look-up per text would."""

import argparse
from collections.abc import Callable
from datetime import datetime
from time import perf_counter

from xiejiao.hours import CHINA, Calendar, Moment, compiled, parse, regular

TEXTS = [
    text
    for hour in range(6, 11)
    for minute in range(0, 60, 3)
    for text in (
        f"Mo-Su {hour:02}:{minute:02}-20:00",
        f"Mo-Fr {hour:02}:{minute:02}-17:00; PH off",
        f"Mo-Fr {hour:02}:{minute:02}-12:00,14:00-18:00; PH unknown",
        f"Mo-Fr {hour:02}:{minute:02}-17:00; Sa,Su 10:00-16:00; PH unknown",
        f"May-Sep Mo-Su {hour:02}:{minute:02}-20:00; Oct-Apr Mo-Su 08:30-18:00",
        f"Mo-Su 22:00-{hour - 1:02}:{minute:02}; PH off",
        f"Tu-Su,PH {hour:02}:{minute:02}-17:00",
        *(f"Mo-Fr {hour:02}:{minute:02}-{end}:30; Sa 09:00-12:00; PH off" for end in range(12, 25 - 1)),
        f"PH {hour:02}:{minute:02}-16:00",
    )
]


def best_of(times: int, work: Callable[[], object]) -> float:
    """Seconds of the quickest run."""
    seconds = []
    for _ in range(times):
        begun = perf_counter()
        work()
        seconds.append(perf_counter() - begun)
    return min(seconds)


def main() -> None:
    """Print seconds, and the ratio of asking to a plain look-up."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    rules = [parse(text) for text in TEXTS]
    hours = [compiled(each) for each in rules]
    at = datetime(2026, 9, 30, 12, tzinfo=CHINA)
    known = dict.fromkeys(range(len(hours)), "open")
    moment = Moment.of(at, Calendar())
    asking = best_of(20, lambda: [regular(each, moment) for each in hours])
    looking_up = best_of(20, lambda: [known[place] for place in range(len(hours))])
    print(f"{len(TEXTS)} texts: parse {best_of(3, lambda: [parse(text) for text in TEXTS]):.3f} s")
    print(f"compile {best_of(3, lambda: [compiled(each) for each in rules]):.3f} s")
    print(f"ask at one instant {asking * 1000:.2f} ms, {asking / looking_up:.0f} × a dictionary look-up")


if __name__ == "__main__":
    main()
