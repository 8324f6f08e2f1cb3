"""Which language a resident writes, and which one we answer in. Pure: knows nothing of the gateway."""

from gateway.language import guessing, tables
from gateway.language.choosing import command
from gateway.language.detection import Detection, detect
from gateway.language.memory import Memory, remember

__all__ = ["Detection", "Memory", "command", "detect", "remember"]

# Read at import, so that the first resident does not wait for it.
tables.load()
guessing.load()
