"""Is someone in danger? Pure: text in, assessment out. Imports nothing of the rest of the gateway."""

from gateway.risk.cards import CardError, load_cards
from gateway.risk.check_answer import check_answer
from gateway.risk.level import Assessment, Finding, Level, SetAside
from gateway.risk.retraction import retraction
from gateway.risk.screening import Screener, build, screen, self_test

__all__ = [
    "Assessment",
    "CardError",
    "Finding",
    "Level",
    "Screener",
    "SetAside",
    "build",
    "check_answer",
    "load_cards",
    "retraction",
    "screen",
    "self_test",
]
