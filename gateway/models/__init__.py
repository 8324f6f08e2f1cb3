"""All tables, split by noun; import from here."""

from gateway.models import directory, listing
from gateway.models.conversation import Conversation, Delivery, EarlyReceipt, Message
from gateway.models.escalation import Assessment, AuditEntry, Escalation, Lowering, Page
from gateway.models.follow_up import Consent, FollowUp
from gateway.models.label import RiskLabel
from gateway.models.people import Contact, LogIn, OptOut, Responder, Shift
from gateway.models.referral import Referral, ReferralEvent, SearchLog
from gateway.models.row import Row

__all__ = [
    "Assessment",
    "AuditEntry",
    "Consent",
    "Contact",
    "Conversation",
    "Delivery",
    "EarlyReceipt",
    "Escalation",
    "FollowUp",
    "LogIn",
    "Lowering",
    "Message",
    "OptOut",
    "Page",
    "Referral",
    "ReferralEvent",
    "Responder",
    "RiskLabel",
    "Row",
    "SearchLog",
    "Shift",
    "directory",
    "listing",
]
