"""One vendor each, in our words; nothing here knows the database."""
