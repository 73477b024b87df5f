"""What keeps places true: reports against the hours, expiry dates, closures asked about again, reverted changes.

`site_conflicting_idx` holds the few places that reports speak against: a search for open places asks for them apart,
after the others, and never walks through all the places between.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

_ACTIONS = "'added', 'changed', 'closed', 'removed'"
_UPKEEP = "'confirmed', 'conflicting', 'settled', 'still_shut', 'reverted'"


def upgrade() -> None:
    op.execute("ALTER TABLE site ADD COLUMN conflicting_since timestamptz")
    op.execute(
        "COMMENT ON COLUMN site.conflicting_since IS"
        " 'since when reports speak against the posted hours; null: none do, or they are settled'"
    )
    op.execute("ALTER TABLE site_amenity ADD COLUMN expires_on date")
    op.execute("COMMENT ON COLUMN site_amenity.expires_on IS 'last day on which it may be used, as of medicine'")
    op.execute(
        "ALTER TABLE site_dated ADD COLUMN ask_again_on date CONSTRAINT site_dated_ask_again_on_check"
        " CHECK (ask_again_on IS NULL OR (effect = 'shut' AND upper_inf(during)))"
    )
    op.execute(
        "COMMENT ON COLUMN site_dated.ask_again_on IS"
        " 'day on which somebody is asked whether it is still shut; null: never'"
    )
    op.execute(
        "UPDATE site_dated SET ask_again_on ="
        " (greatest(added_at, lower(during)) AT TIME ZONE 'Asia/Shanghai')::date + 7"
        " WHERE effect = 'shut' AND upper_inf(during)"
    )
    op.execute(
        "ALTER TABLE site_history ADD COLUMN reverts bigint"
        " CONSTRAINT site_history_reverts_check CHECK ((action = 'reverted') = (reverts IS NOT NULL))"
    )
    op.execute("COMMENT ON COLUMN site_history.reverts IS 'row whose change this one took back'")
    _allow_actions(f"{_ACTIONS}, {_UPKEEP}")
    # Empty yet, and so built within a scan of the table: half a migration would be worse than that short wait.
    for index in (
        "site_conflicting_idx ON site USING gist (spot) WHERE status = 'active' AND conflicting_since IS NOT NULL",
        "site_dated_ask_again_on_idx ON site_dated (ask_again_on) WHERE ask_again_on IS NOT NULL",
    ):
        op.execute(f"-- squawk-ignore require-concurrent-index-creation\nCREATE INDEX {index}")


def downgrade() -> None:
    op.execute("DROP INDEX site_dated_ask_again_on_idx, site_conflicting_idx")
    op.execute("ALTER TABLE site_history DROP COLUMN reverts")
    # What was written meanwhile stays: history is never changed.
    _allow_actions(_ACTIONS, unless_written="NOT VALID")
    op.execute("ALTER TABLE site_dated DROP COLUMN ask_again_on")
    op.execute("ALTER TABLE site_amenity DROP COLUMN expires_on")
    op.execute("ALTER TABLE site DROP COLUMN conflicting_since")


def _allow_actions(actions: str, *, unless_written: str = "") -> None:
    op.execute(
        "-- squawk-ignore ban-drop-constraint, constraint-missing-not-valid\n"
        "ALTER TABLE site_history DROP CONSTRAINT site_history_action_check,"
        f" ADD CONSTRAINT site_history_action_check CHECK (action IN ({actions})) {unless_written}"
    )
