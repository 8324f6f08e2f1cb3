"""A town without Twilio: a local stand-in for Twilio's API, and phones to text from. Demo mode and tests only."""
