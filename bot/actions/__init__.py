"""What the bot does: form validation, and commands built from slots. No network, no secrets, no clock."""
