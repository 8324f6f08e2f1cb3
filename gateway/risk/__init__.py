"""Is someone in danger? Pure: text in, assessment out. Imports nothing of the rest of the gateway."""

from gateway.risk.cards import CardError, load_cards
from gateway.risk.level import Assessment, Finding, Level
from gateway.risk.screening import Screener, build, screen, self_test

__all__ = ["Assessment", "CardError", "Finding", "Level", "Screener", "build", "load_cards", "screen", "self_test"]
