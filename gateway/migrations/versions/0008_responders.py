"""The responder's side: accounts, ownership, notes, shifts, the ladder, hand-offs, dispatches, the sealed trail."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = (
    "broadcasts broadcast_readings team_members dispatches dispatch_events dispatch_links webhook_calls handoffs "
    "handoff_events closings phone_moves notices push_subscriptions relay_lines relay_texts drills rota_entries swaps "
    "gap_warnings breaks debriefs shift_feeds notes mentions drafts attachments uploads transfers attendances "
    "heartbeats passkeys totp_secrets recovery_codes invitations challenges known_devices oidc_identities"
).split()
ADDED = {
    "audit_entries": ("seal_no", "hash"),
    "pages": ("rung", "state", "times_out_at", "settled_at", "answered_by", "notice_id", "why"),
    "conversations": ("answers_told", "other_contact_id"),
    "messages": ("pair", "offers"),
    "shifts": ("rota_entry_id", "local_date", "state", "begun_at", "ended_at", "sound_heard_at", "created_by"),
    "escalations": (
        "code", "desk", "waiting_since", "owner_means", "owner_acted_at", "owner_wrote_at", "ladder_since",
        "next_page_at", "rung", "told_nobody_at", "drill", "reopens_id", "version", "changed_at",
    ),
    "challenges": ("device_id",),
    "log_ins": ("strength", "device_id", "browser", "ended_by", "end_reason"),
    "responders": (
        "locale", "phone_verified_at", "phone_next_sealed", "texts_stopped_at", "skills", "desks", "capacity",
        "muted_themes", "deactivated_at",
    ),
}  # fmt: skip

STREETS = """
INSERT INTO known_street (dataset, name, city, state, shown, latitude, longitude, addresses)
SELECT dataset, regexp_replace(name, ' [0-9]+$', ''), city, state, left(shown, 120), avg(latitude), avg(longitude),
       count(*)
FROM known_place WHERE kind = 'street' GROUP BY 1, 2, 3, 4, 5
"""
# A point on Mercator's map from the one on the sphere; the map ends short of the poles.
SPOTS = """
UPDATE search_need SET spot = point(atan2d(cube_ll_coord(point, 2), cube_ll_coord(point, 1)),
                                    degrees(atanh(greatest(-0.99999, least(cube_ll_coord(point, 3), 0.99999)))))
WHERE point IS NOT NULL
"""
TRIGRAMS: dict[str, Any] = {"postgresql_using": "gin", "postgresql_ops": {"name": "gin_trgm_ops"}}
# A reader asks for what has a higher number than the last it saw. Numbers are committed out of order, so it goes back
# some way each time; a row that it knows already changes nothing.
NUMBERED = """
CREATE SEQUENCE escalation_versions;
CREATE SEQUENCE escalation_codes;
CREATE FUNCTION bump_escalation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WHILE NEW.code IS NULL AND NEW.status <> 'resolved' LOOP
    NEW.code := 10 + nextval('escalation_codes') % 9990;
    IF EXISTS (SELECT 1 FROM escalations WHERE code = NEW.code AND status <> 'resolved') THEN NEW.code := NULL; END IF;
  END LOOP;
  NEW.version := nextval('escalation_versions');
  NEW.changed_at := clock_timestamp();
  NEW.waiting_since := coalesce(NEW.waiting_since, NEW.opened_at);
  RETURN NEW;
END $$;
CREATE FUNCTION bump_by_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE escalations SET changed_at = changed_at
  WHERE conversation_id = NEW.conversation_id AND status <> 'resolved';
  RETURN NULL;
END $$;
CREATE TRIGGER bump_escalation BEFORE INSERT OR UPDATE ON escalations
  FOR EACH ROW EXECUTE FUNCTION bump_escalation();
CREATE TRIGGER bump_by_message AFTER INSERT ON messages
  FOR EACH ROW EXECUTE FUNCTION bump_by_message();
"""
NUMBERED_NO_MORE = """
DROP TRIGGER bump_by_message ON messages;
DROP TRIGGER bump_escalation ON escalations;
DROP FUNCTION bump_by_message();
DROP FUNCTION bump_escalation();
DROP SEQUENCE escalation_codes;
DROP SEQUENCE escalation_versions;
"""
APPEND_ONLY = """
CREATE FUNCTION keep_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.seal_no IS NULL AND OLD.hash IS NULL AND NEW.seal_no IS NOT NULL AND NEW.hash IS NOT NULL
     AND to_jsonb(NEW) - 'seal_no' - 'hash' = to_jsonb(OLD) - 'seal_no' - 'hash' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit_entries is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER keep_audit_entry BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION keep_audit_entry();
"""
APPENDED_NO_MORE = """
DROP TRIGGER keep_audit_entry ON audit_entries;
DROP FUNCTION keep_audit_entry();
"""


class Spot(sa.types.UserDefinedType[str]):
    """A point of Postgres' ``point``."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in SQL."""
        return "point"


def nearest(column: str) -> dict[str, Any]:
    """How the index that gives the nearest in order is made."""
    return {"postgresql_using": "gist", "postgresql_where": sa.text(f"{column} IS NOT NULL")}


def upgrade() -> None:
    _accounts()
    _ownership()
    _thread()
    _shifts()
    _moves()
    _notices()
    _handoffs()
    _dispatches()
    _broadcasts()
    _attachments()
    _audit()
    _streets()
    _spots()


def downgrade() -> None:
    op.drop_index("ix_search_need_near", "search_need")
    op.drop_column("search_need", "spot")
    op.alter_column("search_need", "need", type_=sa.String(40, collation="default"))
    op.create_index("ix_search_need_near", "search_need", ["need", "weight", "point"], **nearest("point"))
    op.drop_table("known_street")
    op.drop_index("ix_known_place_street", "known_place")
    op.drop_index("ix_known_place_name", "known_place")
    op.create_index("ix_known_place_name", "known_place", ["name"], **TRIGRAMS)
    op.execute(APPENDED_NO_MORE)
    op.execute(NUMBERED_NO_MORE)
    op.drop_constraint(op.f("ck_shifts_span"), "shifts")
    op.drop_index("ix_escalations_ended", "escalations")
    op.drop_index("ix_escalations_closed", "escalations")
    op.drop_index("uq_responders_phone", "responders")
    for table, names in ADDED.items():
        for name in names:
            op.drop_column(table, name)
    for table in reversed(TABLES):
        op.drop_table(table)
    # Who has no password could not log in before either: this is no hash of any.
    op.execute("UPDATE responders SET password_hash = '-' WHERE password_hash IS NULL")
    op.alter_column("responders", "password_hash", existing_type=sa.String(), nullable=False)


def _streets() -> None:
    """A street as a whole, and the addresses of a city by name: of a large directory no list of all is read."""
    keys = {"dataset": 24, "name": 120, "city": 80, "state": 40, "shown": 120}
    op.create_table(
        "known_street",
        *(sa.Column(name, sa.String(length), nullable=False) for name, length in keys.items()),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("latitude", "longitude")),
        sa.Column("addresses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_known_street")),
    )
    op.create_index("ix_known_street_name", "known_street", ["name", "city"])
    op.execute(STREETS)
    op.drop_index("ix_known_place_name", "known_place")
    cities, streets = sa.text("kind = 'city'"), sa.text("kind = 'street'")
    op.create_index("ix_known_place_name", "known_place", ["name"], postgresql_where=cities, **TRIGRAMS)
    by_letters = {"name": "varchar_pattern_ops"}
    op.create_index(
        "ix_known_place_street", "known_place", ["city", "name"], postgresql_ops=by_letters, postgresql_where=streets
    )


def _spots() -> None:
    op.drop_index("ix_search_need_near", "search_need")
    op.add_column("search_need", sa.Column("spot", Spot()))
    op.execute(SPOTS)
    op.alter_column("search_need", "need", type_=sa.String(40, collation="C"))
    op.create_index("ix_search_need_near", "search_need", ["need", "weight", "spot"], **nearest("spot"))


def _accounts() -> None:
    _add("responders", _text("locale", 2, default="'en'"), _at("phone_verified_at"), _at("texts_stopped_at"))
    _add("responders", _items("skills"), _items("desks"), _small("capacity", default="3"), _items("muted_themes"))
    _add("responders", _at("deactivated_at"), _bytes("phone_next_sealed", null=True))
    op.alter_column("responders", "password_hash", existing_type=sa.String(), nullable=True)
    _partial("uq_responders_phone", "responders", ["phone_hash"], "active AND phone_hash IS NOT NULL")
    _table(
        "passkeys",
        _to("responder_id", "responders"),
        _bytes("credential_id", unique=True),
        _bytes("public_key"),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        _items("transports"),
        _text("name", 60),
        _yes("backed_up"),
        _at("created_at", null=False),
        *map(_at, ("last_used_at", "removed_at")),
    )
    _table(
        "totp_secrets",
        _to("responder_id", "responders", index=False),
        _bytes("sealed"),
        sa.Column("last_step", sa.BigInteger()),
        _at("created_at", null=False),
        _at("confirmed_at"),
        sa.UniqueConstraint("responder_id", name=op.f("uq_totp_secrets_responder_id")),
    )
    _table(
        "recovery_codes",
        _to("responder_id", "responders"),
        _text("code_hash", 64, unique=True),
        _at("created_at", null=False),
        _at("used_at"),
    )
    _table(
        "invitations",
        _word("purpose"),
        _text("token_hash", 64, unique=True),
        _text("email", 254),
        _text("name", 80),
        _word("role"),
        _items("languages"),
        _to("invited_by", "responders"),
        _to("responder_id", "responders", null=True),
        *(_at(name, null=False) for name in ("created_at", "expires_at")),
        *map(_at, ("used_at", "revoked_at")),
    )
    _table(
        "challenges",
        _text("token_hash", 64, unique=True),
        _to("responder_id", "responders", null=True),
        _word("purpose"),
        _bytes("challenge", null=True),
        _small("attempts", default="0"),
        *(_at(name, null=False) for name in ("created_at", "expires_at")),
        _at("used_at"),
    )
    _table(
        "known_devices",
        _to("responder_id", "responders"),
        _text("token_hash", 64, unique=True),
        *(_at(name, null=False) for name in ("created_at", "last_seen_at")),
        _at("revoked_at"),
    )
    _add("challenges", _to("device_id", "known_devices", null=True))
    _table(
        "oidc_identities",
        _to("responder_id", "responders"),
        *(_text(name, 255) for name in ("issuer", "subject")),
        _at("created_at", null=False),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_oidc_identities_issuer")),
    )
    _add("log_ins", _word("strength", default="'password'"), _to("device_id", "known_devices", null=True))
    _add("log_ins", _text("browser", 120, null=True), _to("ended_by", "responders", null=True))
    _add("log_ins", _word("end_reason", True))


def _ownership() -> None:
    _add(
        "escalations", _small("code", null=True), _word("desk", True), _at("waiting_since"), _word("owner_means", True)
    )
    times = ("owner_acted_at", "owner_wrote_at", "ladder_since", "next_page_at")
    _add("escalations", *map(_at, times), _small("rung", default="'-1'"))
    _add("escalations", _at("told_nobody_at"), _yes("drill", default="false"))
    _add("escalations", _to("reopens_id", "escalations", null=True))
    _add("escalations", sa.Column("version", sa.BigInteger()), _at("changed_at"))
    op.execute(NUMBERED)
    # The trigger fills in every row that there is.
    op.execute("UPDATE escalations SET rung = -1")
    for name in ("waiting_since", "version", "changed_at"):
        op.alter_column("escalations", name, nullable=False)
    _partial("uq_escalations_code", "escalations", ["code"], "status <> 'resolved'")
    _partial("ix_escalations_ladder", "escalations", ["next_page_at"], "status = 'waiting'", unique=False)
    op.create_index("ix_escalations_version", "escalations", ["version"])
    _table(
        "transfers",
        _to("escalation_id", "escalations"),
        _word("kind"),
        *(_to(name, "responders", null=True) for name in ("from_id", "to_id")),
        _word("desk", True),
        _text("note", null=True),
        _word("state"),
        _at("at", null=False),
        _at("settled_at"),
    )
    _partial("uq_transfers_offered", "transfers", ["escalation_id"], "state = 'offered'")
    _table(
        "attendances",
        _to("escalation_id", "escalations"),
        _to("responder_id", "responders"),
        _word("kind"),
        *(_at(name, null=False) for name in ("since", "seen_at")),
        _at("left_at"),
    )
    _partial("uq_attendances_here", "attendances", ["escalation_id", "responder_id"], "left_at IS NULL")
    _table("heartbeats", _at("at", null=False), _word("means"), of="responder_id")


def _thread() -> None:
    _table(
        "notes",
        _to("conversation_id", "conversations"),
        _to("escalation_id", "escalations"),
        _to("responder_id", "responders"),
        _text("text"),
        _at("at", null=False),
    )
    _table(
        "mentions",
        _to("note_id", "notes", index=False),
        _to("responder_id", "responders"),
        _at("seen_at"),
        sa.UniqueConstraint("note_id", "responder_id", name=op.f("uq_mentions_note_id")),
    )
    _table(
        "drafts",
        _to("conversation_id", "conversations", index=False),
        _to("responder_id", "responders"),
        _text("text"),
        _at("changed_at", null=False),
        sa.UniqueConstraint("conversation_id", "responder_id", name=op.f("uq_drafts_conversation_id")),
    )
    _add("messages", _word("pair", True), sa.Column("offers", postgresql.JSONB()))


def _shifts() -> None:
    _table(
        "rota_entries",
        _to("responder_id", "responders"),
        _text("byday", 30),
        _small("every_weeks", default="1"),
        *(sa.Column(name, sa.Time(), nullable=False) for name in ("starts", "ends")),
        _text("time_zone", 60),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("until_date", sa.Date()),
        _to("created_by", "responders"),
        _at("created_at", null=False),
        _at("ended_at"),
    )
    # A shift that ends before it begins covers no moment.
    op.execute("DELETE FROM shifts WHERE ends_at <= starts_at")
    _add("shifts", _to("rota_entry_id", "rota_entries", null=True, index=False), sa.Column("local_date", sa.Date()))
    _add("shifts", _word("state", default="'planned'"), *map(_at, ("begun_at", "ended_at", "sound_heard_at")))
    _add("shifts", _to("created_by", "responders", null=True))
    op.create_check_constraint(op.f("ck_shifts_span"), "shifts", "ends_at > starts_at")
    op.create_unique_constraint(op.f("uq_shifts_rota_entry_id"), "shifts", ["rota_entry_id", "local_date"])
    _table(
        "swaps",
        _to("shift_id", "shifts"),
        _to("asked_by", "responders"),
        _to("asked_of", "responders", null=True),
        _word("state"),
        _text("note", null=True),
        _at("at", null=False),
        _at("settled_at"),
        _to("taken_by", "responders", null=True),
    )
    _partial("uq_swaps_open", "swaps", ["shift_id"], "state = 'open'")
    _table(
        "shift_feeds",
        _to("responder_id", "responders"),
        _text("token_hash", 64),
        _at("created_at", null=False),
        _at("revoked_at"),
        sa.UniqueConstraint("token_hash", name=op.f("uq_shift_feeds_token_hash")),
    )
    _table(
        "gap_warnings",
        *(_at(name, null=False) for name in ("starts_at", "ends_at", "warned_at")),
        sa.UniqueConstraint("starts_at", name=op.f("uq_gap_warnings_starts_at")),
    )
    _table(
        "breaks",
        _to("responder_id", "responders"),
        _to("escalation_id", "escalations", null=True),
        *map(_word, ("kind", "state")),
        _at("offered_at", null=False),
        *map(_at, ("starts_at", "ends_at")),
    )
    _partial("uq_breaks_offered", "breaks", ["escalation_id", "responder_id"], "escalation_id IS NOT NULL")
    # Whoever closed an emergency or lost one within the last hour is looked for every few seconds.
    _partial("ix_escalations_ended", "escalations", ["resolved_at"], "status = 'resolved'", unique=False)
    _partial("ix_transfers_lapsed", "transfers", ["at"], "kind = 'lapse'", unique=False)
    _table(
        "debriefs",
        _to("responder_id", "responders"),
        _to("escalation_id", "escalations", null=True),
        _word("state"),
        _to("with_id", "responders", null=True),
        _at("at", null=False),
        _at("settled_at"),
    )


def _moves() -> None:
    """A web conversation that goes on by text, and the numbers that are to be proved for that."""
    _add("conversations", _to("other_contact_id", "contacts", null=True))
    _partial("uq_conversations_open_other", "conversations", ["other_contact_id"], "closed_at IS NULL")
    _table(
        "phone_moves",
        _to("contact_id", "contacts"),
        _text("address_hash", 64),
        _bytes("address_sealed", null=True),
        _text("code_hash", 64),
        _text("language", 2),
        _text("wording"),
        _small("attempts", default="0"),
        _at("created_at", null=False),
        _at("expires_at", null=False),
        _at("used_at"),
    )
    op.create_index("ix_phone_moves_address", "phone_moves", ["address_hash", "created_at"])
    _partial("ix_phone_moves_kept", "phone_moves", ["created_at"], "address_sealed IS NOT NULL", unique=False)


def _notices() -> None:
    _members()
    _table(
        "notices",
        *map(_word, ("kind", "means")),
        _to("responder_id", "responders", null=True),
        _to("member_id", "team_members", null=True),
        _to("escalation_id", "escalations", null=True),
        _to("message_id", "messages", null=True),
        _to("phone_move_id", "phone_moves", null=True),
        _text("text"),
        _text("language", 2),
        _word("state"),
        _small("priority"),
        _small("attempts", default="0"),
        _at("next_attempt_at", null=False),
        _at("sending_since"),
        _at("give_up_at", null=False),
        _text("provider_id", 80, null=True),
        sa.Column("error_code", sa.Integer()),
        _at("created_at", null=False),
        _at("settled_at"),
    )
    _partial("ix_notices_waiting", "notices", ["priority", "id"], "state IN ('queued', 'sending')", unique=False)
    op.create_index("uq_notices_provider", "notices", ["provider_id"], unique=True)
    _add("pages", _small("rung", default="0"), _word("state", default="'sent'"))
    _add("pages", *map(_at, ("times_out_at", "settled_at")), _word("answered_by", True))
    _add("pages", _to("notice_id", "notices", null=True), _word("why", True))
    op.execute(
        "UPDATE pages SET state = 'acknowledged', settled_at = acknowledged_at WHERE acknowledged_at IS NOT NULL"
    )
    _partial("ix_pages_times_out", "pages", ["times_out_at"], "state IN ('sent', 'delivered')", unique=False)
    _table(
        "push_subscriptions",
        _to("responder_id", "responders"),
        _text("endpoint", unique=True),
        _text("p256dh", 200),
        _text("auth", 64),
        _text("agent", 120, null=True),
        _to("log_in_id", "log_ins", null=True),
        _at("created_at", null=False),
        _at("last_ok_at"),
        _small("failures", default="0"),
        _at("ended_at"),
    )
    _table("relay_lines", _to("escalation_id", "escalations"), _at("since", null=False), of="responder_id")
    _table(
        "relay_texts",
        _text("provider_id", 80, unique=True),
        _to("responder_id", "responders"),
        _to("escalation_id", "escalations", null=True),
        _word("command"),
        _to("message_id", "messages", null=True),
        _text("answer"),
        _word("refused", True),
        _at("at", null=False),
        _bytes("kept", null=True),
    )
    _table(
        "drills",
        _to("escalation_id", "escalations", null=True),
        _at("started_at", null=False),
        _at("finished_at"),
        _word("outcome", True),
        _named("detail"),
    )


def _handoffs() -> None:
    _add("conversations", _named("answers_told"))
    _partial("ix_escalations_closed", "escalations", ["conversation_id"], "status = 'resolved'", unique=False)
    _table(
        "handoffs",
        _to("escalation_id", "escalations"),
        _word("to"),
        _named("packet"),
        _text("psap_name", null=True),
        _text("psap_line", 20, null=True),
        _word("consent"),
        _to("asked_message_id", "messages", null=True),
        _to("consent_message_id", "messages", null=True),
        _word("reason", True),
        _text("reason_text", null=True),
        _to("supervisor_id", "responders", null=True),
        _word("state"),
        _word("outcome", True),
        _text("reference", 80, null=True),
        _text("answer", null=True),
        _to("created_by", "responders"),
        _at("created_at", null=False),
        *map(_at, ("told_at", "answered_at")),
        sa.CheckConstraint(
            "told_at IS NULL OR consent = 'given' OR reason IS NOT NULL", name=op.f("ck_handoffs_told_with_leave")
        ),
    )
    _table(
        "handoff_events",
        _to("handoff_id", "handoffs"),
        _at("at", null=False),
        _to("responder_id", "responders"),
        _word("act"),
        _named("detail"),
    )
    _table(
        "closings",
        _to("escalation_id", "escalations", index=False),
        _to("responder_id", "responders"),
        _at("at", null=False),
        *map(_word, ("disposition", "standard")),
        *map(_items, ("needs", "referral_ids")),
        _word("follow_up"),
        _text("note", null=True),
        _at("look_due_at"),
        _to("looked_by", "responders", null=True),
        _at("looked_at"),
        _word("look", True),
        _text("look_note", null=True),
        sa.UniqueConstraint("escalation_id", name=op.f("uq_closings_escalation_id")),
        sa.CheckConstraint("looked_by IS NULL OR looked_by <> responder_id", name=op.f("ck_closings_second_person")),
    )


def _members() -> None:
    _table(
        "team_members",
        _word("team"),
        _text("name", 80),
        _bytes("phone_sealed", null=True),
        _text("phone_hash", 64, null=True),
        *map(_items, ("roles", "languages")),
        _yes("active"),
        _at("created_at", null=False),
    )


def _dispatches() -> None:
    steps = "assigned accepted en_route on_scene more_help transport destination clear ended".split()
    moments = "answer_due check_in_due sos sos_cleared told_resident resident_declined".split()
    _table(
        "dispatches",
        _to("escalation_id", "escalations"),
        _to("conversation_id", "conversations"),
        *map(_word, ("team", "state")),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("seen_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _items("needs"),
        _text("place"),
        _yes("place_confirmed"),
        *map(_word, ("place_precision", "consent")),
        _to("consent_message_id", "messages", null=True),
        _text("consent_reason", null=True),
        _items("checklist"),
        _word("eligibility"),
        *map(_items, ("reason_codes", "safety_flags")),
        _text("people", null=True),
        *map(_items, ("languages", "roles_wanted")),
        _text("what_to_know", null=True),
        _small("eta_minutes", null=True),
        _to("created_by", "responders"),
        _at("created_at", null=False),
        *(_at(f"{name}_at") for name in [*steps, *moments]),
        _word("disposition", True),
        _items("supplies"),
        sa.Column("outcome", postgresql.JSONB()),
    )
    under_way = "state NOT IN ('clear', 'cancelled', 'declined')"
    _partial("uq_dispatches_under_way", "dispatches", ["escalation_id"], under_way)
    _table(
        "dispatch_events",
        _to("dispatch_id", "dispatches"),
        _at("at", null=False),
        _word("by"),
        _to("responder_id", "responders", null=True),
        _to("member_id", "team_members", null=True),
        _word("from_state", True),
        _word("state"),
        sa.Column("version", sa.Integer(), nullable=False),
        _named("detail"),
    )
    op.create_index("ix_dispatch_events_at", "dispatch_events", ["at"])
    _table(
        "dispatch_links",
        _to("dispatch_id", "dispatches"),
        _to("member_id", "team_members"),
        _text("token_hash", 64, unique=True),
        *(_at(name, null=False) for name in ("created_at", "expires_at")),
        *map(_at, ("opened_at", "revoked_at")),
    )
    _table(
        "webhook_calls",
        _to("event_id", "dispatch_events", index=False),
        _to("dispatch_id", "dispatches"),
        _text("endpoint", 64),
        _word("state"),
        _small("attempts", default="0"),
        _at("next_attempt_at", null=False),
        sa.Column("status_code", sa.Integer()),
        _at("created_at", null=False),
        _at("settled_at"),
        sa.UniqueConstraint("event_id", name=op.f("uq_webhook_calls_event_id")),
    )
    waiting = "state IN ('queued', 'sending')"
    op.create_index("ix_webhook_calls_created_at", "webhook_calls", ["created_at"])
    _partial("ix_webhook_calls_gone", "webhook_calls", ["endpoint"], "state = 'gone'", unique=False)
    _partial("ix_webhook_calls_waiting", "webhook_calls", ["next_attempt_at"], waiting, unique=False)


def _broadcasts() -> None:
    _table(
        "broadcasts",
        _to("responder_id", "responders"),
        _text("text"),
        _yes("urgent"),
        _word("desk", True),
        _at("at", null=False),
        _at("ends_at"),
    )
    _table(
        "broadcast_readings",
        _to("broadcast_id", "broadcasts", index=False),
        _to("responder_id", "responders"),
        _at("seen_at", null=False),
        sa.UniqueConstraint("broadcast_id", "responder_id", name=op.f("uq_broadcast_readings_broadcast_id")),
    )


def _attachments() -> None:
    _table(
        "attachments",
        _to("message_id", "messages", index=False),
        _to("conversation_id", "conversations"),
        _small("place"),
        _word("state"),
        _small("tries", default="0"),
        _to("wanted_by", "responders"),
        *(_at(name, null=False) for name in ("wanted_at", "next_try_at")),
        _at("settled_at"),
        _word("kind", True),
        sa.Column("size", sa.Integer()),
        *(_small(name, null=True) for name in ("width", "height")),
        _word("why", True),
        *(_bytes(name, null=True) for name in ("sealed", "glance")),
        sa.UniqueConstraint("message_id", "place", name=op.f("uq_attachments_message_id")),
    )
    _table(
        "uploads",
        sa.Column("provider_id", sa.Text(), nullable=False),
        _word("kind"),
        sa.Column("size", sa.Integer(), nullable=False),
        _at("created_at", null=False),
        _bytes("sealed"),
        sa.UniqueConstraint("provider_id", name=op.f("uq_uploads_provider_id")),
    )
    op.create_index("ix_uploads_created_at", "uploads", ["created_at"])
    waiting = "state IN ('wanted', 'fetching')"
    _partial("ix_attachments_waiting", "attachments", ["next_try_at"], waiting, unique=False)
    _partial("ix_attachments_kept", "attachments", ["id"], "state = 'kept'", unique=False)


def _audit() -> None:
    _add("audit_entries", sa.Column("seal_no", sa.BigInteger()), _text("hash", 64, null=True))
    op.create_index("uq_audit_entries_seal_no", "audit_entries", ["seal_no"], unique=True)
    _partial("ix_audit_entries_unsealed", "audit_entries", ["id"], "seal_no IS NULL", unique=False)
    op.execute(APPEND_ONLY)


def _add(table: str, *columns: sa.Column[Any]) -> None:
    for column in columns:
        parents = column.info.get("parents")
        if parents:
            column.append_foreign_key(sa.ForeignKey(f"{parents}.id", name=op.f(f"fk_{table}_{column.name}")))
        op.add_column(table, column)
        if column.info.get("look_up"):
            op.create_index(op.f(f"ix_{table}_{column.name}"), table, [column.name])


def _table(name: str, *parts: sa.Column[Any] | sa.Constraint, of: str | None = None) -> None:
    """A table with an id of its own, or one row for each responder (``of``)."""
    key = _to(of, "responders", index=False) if of else sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False)
    constraints: list[sa.Constraint] = [sa.PrimaryKeyConstraint(key.name, name=op.f(f"pk_{name}"))]
    columns = [key, *(part for part in parts if isinstance(part, sa.Column))]
    for column in columns:
        if parents := column.info.get("parents"):
            link = op.f(f"fk_{name}_{column.name}")
            constraints.append(sa.ForeignKeyConstraint([column.name], [f"{parents}.id"], name=link))
        if column.info.get("unique"):
            constraints.append(sa.UniqueConstraint(column.name, name=op.f(f"uq_{name}_{column.name}")))
    own = [part for part in parts if isinstance(part, sa.Constraint)]
    op.create_table(name, *columns, *constraints, *own)
    for column in columns:
        if column.info.get("look_up"):
            op.create_index(op.f(f"ix_{name}_{column.name}"), name, [column.name])


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = True) -> None:
    op.create_index(name, table, columns, unique=unique, postgresql_where=sa.text(where))


def _to(name: str, parents: str, *, null: bool = False, index: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=null, info={"parents": parents, "look_up": index})


def _at(name: str, *, null: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _word(name: str, null: bool = False, *, default: str | None = None) -> sa.Column[Any]:
    return _text(name, 40, null=null, default=default)


def _text(
    name: str, most: int | None = None, *, null: bool = False, default: str | None = None, unique: bool = False
) -> sa.Column[Any]:
    given = sa.text(default) if default else None
    return sa.Column(name, sa.String(most), nullable=null, server_default=given, info={"unique": unique})


def _small(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.SmallInteger(), nullable=null, server_default=sa.text(default) if default else None)


def _bytes(name: str, *, null: bool = False, unique: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=null, info={"unique": unique})


def _yes(name: str, *, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text(default) if default else None)


def _items(name: str) -> sa.Column[Any]:
    return sa.Column(name, postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb"))


def _named(name: str) -> sa.Column[Any]:
    return sa.Column(name, postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'::jsonb"))
