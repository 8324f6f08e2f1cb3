"""The bot: a function from (state, text, language) to replies and commands, run by Rasa 3.6 on Python 3.10."""
