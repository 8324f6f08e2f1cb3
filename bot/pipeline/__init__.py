"""How the bot reads a message: two linear votes for the intent, then deterministic reading in context."""
