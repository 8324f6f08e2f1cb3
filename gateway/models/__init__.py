"""All tables, split by noun; import from here."""

from gateway.models import directory, listing
from gateway.models.attachment import Attachment
from gateway.models.board import Broadcast, BroadcastReading
from gateway.models.conversation import Conversation, Delivery, EarlyReceipt, Message
from gateway.models.credential import (
    Challenge,
    Invitation,
    KnownDevice,
    OidcIdentity,
    Passkey,
    RecoveryCode,
    TotpSecret,
)
from gateway.models.dispatch import Dispatch, DispatchEvent, DispatchLink, TeamMember, WebhookCall
from gateway.models.escalation import Assessment, AuditEntry, Escalation, Lowering, Page
from gateway.models.follow_up import Consent, FollowUp
from gateway.models.handoff import Closing, Handoff, HandoffEvent
from gateway.models.label import RiskLabel
from gateway.models.move import PhoneMove
from gateway.models.notice import Drill, Notice, PushSubscription, RelayLine, RelayText
from gateway.models.ownership import Attendance, Heartbeat, Transfer
from gateway.models.people import Contact, LogIn, OptOut, Responder
from gateway.models.referral import Referral, ReferralEvent, SearchLog
from gateway.models.row import Row
from gateway.models.shift import Break, Debrief, GapWarning, RotaEntry, Shift, ShiftFeed, Swap
from gateway.models.thread import Draft, Mention, Note
from gateway.models.upload import Upload

__all__ = [
    "Assessment",
    "Attachment",
    "Attendance",
    "AuditEntry",
    "Break",
    "Broadcast",
    "BroadcastReading",
    "Challenge",
    "Closing",
    "Consent",
    "Contact",
    "Conversation",
    "Debrief",
    "Delivery",
    "Dispatch",
    "DispatchEvent",
    "DispatchLink",
    "Draft",
    "Drill",
    "EarlyReceipt",
    "Escalation",
    "FollowUp",
    "GapWarning",
    "Handoff",
    "HandoffEvent",
    "Heartbeat",
    "Invitation",
    "KnownDevice",
    "LogIn",
    "Lowering",
    "Mention",
    "Message",
    "Note",
    "Notice",
    "OidcIdentity",
    "OptOut",
    "Page",
    "Passkey",
    "PhoneMove",
    "PushSubscription",
    "RecoveryCode",
    "Referral",
    "ReferralEvent",
    "RelayLine",
    "RelayText",
    "Responder",
    "RiskLabel",
    "RotaEntry",
    "Row",
    "SearchLog",
    "Shift",
    "ShiftFeed",
    "Swap",
    "TeamMember",
    "TotpSecret",
    "Transfer",
    "Upload",
    "WebhookCall",
    "directory",
    "listing",
]
