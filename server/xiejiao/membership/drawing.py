"""The table of steps as the document `docs/joining.md`: written from the table itself, so that it cannot lie."""

from xiejiao.membership import rules
from xiejiao.membership.rules import NEXT, OPEN, REASONS, WAITING, Purpose, Status, Step

_BY = {
    Step.APPROVE: "whose turn it is",
    Step.RETURN: "whose turn it is",
    Step.REFUSE: "whose turn it is",
    Step.MOVE: "the union that has it",
    Step.RESUBMIT: "the applicant",
    Step.WITHDRAW: "the applicant",
    Step.SECOND_LOOK: "the applicant, once",
}


def as_markdown() -> str:
    """The whole document."""
    return "\n".join([*_HEAD, *_table(), "", *_diagram(), "", *_clocks(), "", *_reasons(), ""])


_HEAD = [
    "# The course of an application",
    "",
    "`xiejiao joining` prints this page from `membership/rules.py`. Why it is so:",
    "[decisions/0006](decisions/0006-joining-the-union.md).",
    "",
]


def _then(status: Status, step: Step) -> str:
    """What follows, for every union: two levels of approval lead elsewhere the first time."""
    found = {rules.after(rules.Standing(status), step, levels=levels).status for levels in (1, 2)}
    return " or ".join(f"`{each}`" for each in Status if each in found)


def _table() -> list[str]:
    rows = [f"| `{status}` | `{step}` | {_BY[step]} | {_then(status, step)} |" for status, step in NEXT]
    return ["| from | step | by | to |", "|---|---|---|---|", *rows]


def _diagram() -> list[str]:
    arrows = [f"    {status} --> {then}: {step}" for (status, step), then in NEXT.items() if status is not then]
    first = f"    {Status.SUBMITTED} --> {Status.APPROVED_BASIC}: {Step.APPROVE}, of two levels"
    ends = [f"    {status} --> [*]" for status in Status if status not in OPEN]
    return ["```mermaid", "stateDiagram-v2", f"    [*] --> {Status.SUBMITTED}", *arrows, first, *ends, "```"]


def _clocks() -> list[str]:
    waiting = " and ".join(f"`{status}`" for status in WAITING)
    minutes = int(rules.UNDO_WITHIN.total_seconds() // 60)
    return [
        (
            "`undo`, by who decided and nothing else having happened since, leads back to what was before, for "
            f"{minutes} minutes; the message and the membership wait as long."
        ),
        (
            f"The clock runs in {waiting}: {rules.FIRST_DECISION_DAYS} working days, "
            f"{rules.UPPER_DECISION_DAYS} where a union above decides. A second look may be asked for within "
            f"{rules.SECOND_LOOK_WITHIN.days} days of a refusal, and is before the union above."
        ),
    ]


def _reasons() -> list[str]:
    rows = [f"| `{step}` | {', '.join(f'`{reason}`' for reason in reasons)} |" for step, reasons in REASONS.items()]
    purposes = ", ".join(f"`{purpose}`" for purpose in Purpose)
    return [
        "| decision | reasons |",
        "|---|---|",
        *rows,
        "",
        (
            f"A whole ID number is shown for one of these purposes: {purposes}; "
            f"{rules.REVELATIONS.most} times an hour to one account, each time written down."
        ),
    ]
