"""Which of the bot's texts ask for one of a few answers, and how those stand in the text; the gateway reads them out.

`yes_no` says "Reply YES or NO", `numbers` counts its answers, `skip` can be passed over (gateway/offers.py).
"""

from __future__ import annotations

_AGAIN = ("utter_ask_screening_", "utter_again_")
_QUESTIONS = {
    "yes_no": ("safety", "team_ok", "mediation_ok", "text_ok"),
    "numbers": ("for_whom",),
    "skip": ("place", "spot"),
}
ASKS: dict[str, str] = {
    **{f"{how}{question}": kind for kind, names in _QUESTIONS.items() for question in names for how in _AGAIN},
    "utter_ask_screening_needs": "numbers",  # put again, it asks for own words
    "utter_did_you_mean": "numbers",
}
