"""How often Python looks for garbage that names itself in a circle; everything else it frees at once anyway."""

import gc

# New objects before a look. A text makes and drops some thousands, hardly any of them in circles: by Python's own 700
# a twelfth of a turn's processor time went into looking.
NEW_OBJECTS, SECOND, THIRD = 20_000, 20, 20


def look_seldom() -> None:
    """For a process that has read all it needs: what is there now stays to its end and is not looked at any more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, SECOND, THIRD)
