"""The conversation holds the language: a word does not turn it, a sentence does, a request does and stays."""

import pytest

from gateway.language import Memory, detect, remember


def told(*texts: str, memory: Memory | None = None) -> tuple[Memory, list[bool]]:
    """The memory after these texts, and at which of them it switched."""
    held, switches = memory or Memory(), []
    for text in texts:
        held, switched = remember(held, detect(text))
        switches.append(switched)
    return held, switches


def test_nothing_is_assumed_before_something_is_said() -> None:
    memory, switches = told("94110", "ok", "👍", "救命")
    assert memory == Memory()
    assert switches == [False] * 4


def test_the_first_language_is_no_switch() -> None:
    memory, switches = told("necesito comida para mis hijos")
    assert memory == Memory("es", strong=True)
    assert switches == [False]
    assert told("hola")[0] == Memory("es", strong=False)


@pytest.mark.parametrize("word", ["shelter", "thanks", "ok bye", "no", "94110", "救命"])
def test_a_word_does_not_turn_a_spanish_conversation(word: str) -> None:
    memory, switches = told("necesito ayuda con la renta por favor", word)
    assert memory.lang == "es"
    assert not any(switches)


def test_a_sentence_turns_it_at_once() -> None:
    memory, switches = told("necesito ayuda con la renta", "i need a place to sleep")
    assert memory == Memory("en", strong=True)
    assert switches == [False, True]


def test_single_words_alone_turn_no_clear_conversation() -> None:
    """Words such as these are borrowed: "lunch", "great", "semana"; only with a text of more than one do they count."""
    assert told("necesito ayuda con la renta", "shelter", "thanks", "food", "shelter")[0].lang == "es"
    assert told("i need help with my rent", "nadie", "hoy", "semana")[0].lang == "en"
    assert told("necesito ayuda con la renta", "shelter", "thank you")[0].lang == "en"
    assert told("necesito ayuda con la renta", "shelter", "gracias", "thank you")[0].lang == "es"


def test_the_third_word_in_a_row_turns_a_conversation_that_one_word_began() -> None:
    assert told("hola", "shelter", "thanks")[0].lang == "es"
    assert told("hola", "shelter", "thanks", "food")[0].lang == "en"
    assert told("hola", "shelter", "gracias", "food")[0].lang == "es"


def test_the_second_text_of_several_words_in_a_row_turns_it() -> None:
    memory, switches = told("necesito ayuda con la renta", "thank you", "thank you so much")
    assert memory.lang == "en"
    assert switches == [False, False, True]
    assert told("necesito ayuda con la renta", "thank you", "gracias", "thank you")[0].lang == "es"


def test_mixed_texts_keep_the_language() -> None:
    memory, _ = told("necesito ayuda con la renta", "busco un job de cleaning", "necesito mas info about housing")
    assert memory.lang == "es"
    assert told("my mama necesita ayuda")[0].lang in {"en", "es"}


def test_a_language_that_was_asked_for_gives_way_to_two_clear_texts_only() -> None:
    asked = Memory("es", strong=True, locked=True)
    assert told("i need a place to sleep", memory=asked)[0].lang == "es"
    assert told("i need a place to sleep", "gracias", "shelter", "where is the shelter", memory=asked)[0].lang == "es"
    memory, switches = told("i need a place to sleep", "please call me back today", memory=asked)
    assert memory == Memory("en", strong=True)
    assert switches == [False, True]


@pytest.mark.parametrize("memory", [Memory(), Memory("es", True, 1, True), Memory("en", False, 0, False)])
def test_a_memory_is_stored_and_read_back(memory: Memory) -> None:
    assert Memory.from_dict(memory.to_dict()) == memory


def test_nothing_stored_and_odd_things_stored_are_an_empty_memory() -> None:
    assert Memory.from_dict(None) == Memory.from_dict({}) == Memory.from_dict({"lang": "fr"}) == Memory()
