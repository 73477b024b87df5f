"""Members' cards: which passes were signed, and which of them hold no more.

A pass holds as long as its membership is current; that is asked when the list is drawn, so nothing that ends a
membership can forget to say so. The process that serves sees memberships of those alone for whom it acts: the list goes
through a door of its own, which gives references and nothing else.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

_TABLE = """
CREATE TABLE card_pass (
    reference bytea NOT NULL CONSTRAINT card_pass_pkey PRIMARY KEY
        CONSTRAINT card_pass_reference_check CHECK (length(reference) = 16),
    membership_id uuid CONSTRAINT card_pass_membership_id_fkey REFERENCES membership (id) ON DELETE SET NULL,
    until_on date NOT NULL
);
COMMENT ON TABLE card_pass IS 'passes signed for phones of members; which have ended follows from the memberships';
COMMENT ON COLUMN card_pass.reference IS 'drawn at random; what a pass is known by';
COMMENT ON COLUMN card_pass.membership_id IS 'the pass holds as long as this is current; null: erased';
COMMENT ON COLUMN card_pass.until_on IS 'last day of the pass; the row goes with it';
CREATE INDEX card_pass_membership_id_idx ON card_pass (membership_id);
CREATE INDEX card_pass_until_on_idx ON card_pass (until_on);
GRANT SELECT, INSERT, DELETE ON card_pass TO xiejiao_app;
"""

_ENDED = """
CREATE FUNCTION ended_cards() RETURNS SETOF bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$
    SELECT reference FROM card_pass
    WHERE NOT EXISTS (
        SELECT FROM membership
        WHERE membership.id = card_pass.membership_id AND membership.status = 'current' AND erased_at IS NULL
    )
$$;
COMMENT ON FUNCTION ended_cards() IS 'references of passes whose membership has ended or was erased';
REVOKE ALL ON FUNCTION ended_cards() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ended_cards() TO xiejiao_app;
"""


def upgrade() -> None:
    op.execute(_TABLE)
    op.execute(_ENDED)


def downgrade() -> None:
    op.execute("DROP FUNCTION ended_cards()")
    op.execute("DROP TABLE card_pass")
