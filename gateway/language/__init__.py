"""Which language a resident writes, and which one we answer in. Pure: knows nothing of the gateway."""

from gateway.language import guessing, others, tables
from gateway.language.choosing import command
from gateway.language.detection import Detection, detect
from gateway.language.memory import Memory, remember
from gateway.language.others import asked_other, name, stranger

__all__ = ["Detection", "Memory", "asked_other", "command", "detect", "name", "remember", "stranger"]

# Read at import, so that the first resident does not wait for it.
tables.load()
guessing.load()
others.load()
