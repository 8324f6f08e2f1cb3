"""Signs that nobody sees and that turn a line around, or hide in a word: a phone shows a text as it comes."""

import re

FLIPS = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")  # what joins an emoji is none of them
