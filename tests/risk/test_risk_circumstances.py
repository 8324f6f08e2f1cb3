"""Of whom and of when matched words tell, on its own, in both languages; and that it changes nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import pytest

from gateway.risk import Assessment, CardError, Finding, Level, SetAside, screen
from gateway.risk.cards import new_compiler
from gateway.risk.circumstances import Circumstance, Circumstances, read_circumstances
from gateway.risk.pattern import spelled_out
from gateway.risk.screening import Screener, assemble, screener
from gateway.risk.views import views_of
from tests.risk.effort import seconds

# The words between the bars are those that a card matched.
PEOPLE = [
    # the resident
    ("i want to |die|", "self"),
    ("|suicidal| thoughts, i cant stop them", "self"),
    ("|he hit me|", "self"),
    ("my boyfriend is |choking| me", "self"),
    ("he says he is |going to kill| me", "self"),
    ("her husband |hit me|", "self"),
    ("she told me to go, i |took pills|", "self"),
    ("ya no |quiero vivir|", "self"),
    ("mi marido |me pega|", "self"),
    ("me |va a matar|", "self"),
    ("|hiding in here he is| gonna kill me", "self"),
    ("|abusaron de mi|", "self"),
    ("pienso en |suicidarme|", "self"),
    ("yo |tome pastillas|", "self"),
    ("he pensado en |morir|", "self"),
    ("vos no sabés, |me quiero matar|", "self"),
    ("usted no sabe, |me quiero matar|", "self"),
    # somebody else
    ("my brother |wants to kill himself|", "other"),
    ("my husband |is not breathing|", "other"),
    ("i think my mom |had a stroke|", "other"),
    ("|not breathing|, my son is 3", "other"),
    ("my friend told me she |took pills|", "other"),
    ("i am |going to kill him|", "other"),
    ("i want to |stab my brother|", "other"),
    ("i heard he |has a gun|", "other"),
    ("help me my dad |collapsed|", "other"),
    ("mi hijo |no respira|", "other"),
    ("che, mi vieja |no respira|", "other"),
    ("me dijo mi amiga que |se quiere matar|", "other"),
    ("ayúdeme por favor, mi niña |se tomo| el cloro", "other"),
    ("usted me puede ayudar, mi mamá |se desmayo|", "other"),
    ("decime qué hago, el pibe |no despierta|", "other"),
    ("lo |voy a matar|", "other"),
    ("|no encuentro a mi niña|", "other"),
    ("le |pega a mi hermana|", "other"),
    ("creo que mi vecina |quiere morir|", "other"),
    # people in general
    ("so many people |overdose| these days", "public"),
    ("most teens |kill themselves| in silence", "other"),
    ("the news said |shooting|", "public"),
    ("en este país la gente |se muere| sola", "other"),
    ("cuánta gente |muere de sobredosis|", "public"),
    # nobody
    ("|suicidal|", "unsaid"),
    ("|having a baby in| the car", "unsaid"),
    ("|gas leak| please hurry", "unsaid"),
    ("help me |fire|", "unsaid"),
    ("ayúdeme |fuego|", "unsaid"),
    ("el edificio |se quema|", "unsaid"),
    ("son las tres, |sangre|", "unsaid"),
    ("can you help me. |overdose|", "unsaid"),
    ("my brother is fine. |overdose|", "unsaid"),
    ("necesito hablar con alguien, |suicidio|", "unsaid"),
]
TIMES = [
    ("i want to |die| right now", "now"),
    ("she just took |all her pills|", "now"),
    ("im about to |jump|", "now"),
    ("he is still |hitting me|", "now"),
    ("|quiero morir| ahorita", "now"),
    ("acabo de |tomar pastillas|", "now"),
    ("ya me tomé |las pastillas|", "now"),
    ("estoy a punto de |tirarme|", "now"),
    ("i tried years ago but |i want to die| now", "now"),
    ("he |hit me| last night", "days"),
    ("last night, he |hit me|", "days"),
    ("im gonna |do it| tonight", "days"),
    ("ayer |me pego|", "days"),
    ("|attempted suicide| last month", "days"),
    ("anoche mi marido |me golpeo|", "days"),
    ("vení, hoy |me mato|", "days"),
    ("i |tried to kill myself| ten years ago", "past"),
    ("he |used to hit me|", "past"),
    ("when i was 12 he |raped me|", "past"),
    ("hace muchos años |intenté suicidarme|", "past"),
    ("cuando era niña |me tocaba|", "past"),
    ("en 2009 |me corté|", "past"),
    ("if he leaves |i will kill myself|", "hypothetical"),
    ("maybe i should |die|", "hypothetical"),
    ("si me dejás |me mato|", "hypothetical"),
    ("quizás |me mate|", "hypothetical"),
    ("si tuviera una pistola |me mato|", "hypothetical"),
    ("i |want to die|", "unsaid"),
    ("|quiero morir|", "unsaid"),
    ("sí |quiero morir|", "unsaid"),
    ("i dont know if |i want to die|", "unsaid"),
    ("no sé si |quiero morir|", "unsaid"),
    ("i was fine until now. |i want to die|", "unsaid"),
    # What would make it less pressing stands in another clause.
    ("years ago i was well, |i want to die|", "unsaid"),
    ("i |tried to kill myself| ten years ago, i am ok today", "past"),
    ("de joven era feliz pero |quiero morir|", "unsaid"),
]


@pytest.fixture(scope="module")
def lists() -> Circumstances:
    return read_circumstances(new_compiler())


def told(lists: Circumstances, text: str) -> Circumstance:
    """What is told of the words between the bars, in the plain view."""
    before, words, after = text.split("|")
    [view, *_] = views_of(before + words + after, screener()._spelling)
    places = [index for index, token in enumerate(view.tokens) if len(before) <= token.start < len(before + words)]
    return lists.over(view).around(view.start_of(places[0]), view.start_of(places[-1] + 1))


@pytest.mark.parametrize(("text", "who"), PEOPLE)
def test_whom_the_words_tell_of(lists: Circumstances, text: str, who: str) -> None:
    assert told(lists, text).who == who


@pytest.mark.parametrize(("text", "when"), TIMES)
def test_of_when_the_words_tell(lists: Circumstances, text: str, when: str) -> None:
    assert told(lists, text).when == when


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" mi hermana anda muy mal hoy ", Circumstance("other", "days")),
        (" i cant go on ", Circumstance("self", "unsaid")),
        (" my sister and i are scared ", Circumstance()),
        (" my sister wants to hurt me now ", Circumstance("self", "now")),
        (" goodbye ", Circumstance()),
        (" ", Circumstance()),
    ],
)
def test_a_whole_text_tells_of_one_person_or_of_nobody(lists: Circumstances, text: str, expected: Circumstance) -> None:
    assert lists.of(text) == expected


def test_two_places_of_one_sentence_are_told_apart(lists: Circumstances) -> None:
    [view, *_] = views_of("i want to die because my son cant breathe", screener()._spelling)
    over = lists.over(view)
    places = [(view.text.index(words), view.text.index(words) + len(words)) for words in (" die ", " cant breathe ")]
    assert [over.around(*place).who for place in places] == ["self", "other"]


@pytest.mark.parametrize("word", ["me ", "if now ", "my brother ", "hoy mi ", "a" * 200 + " "])
def test_no_text_stalls_it(lists: Circumstances, word: str) -> None:
    """Four times the text may cost eight times the work; square growth would cost sixteen."""

    def work(length: int) -> float:
        text = " " + word * (length // len(word))
        [view, *_] = views_of(text[: length // 16], screener()._spelling)
        return seconds(lambda: (lists.of(text), lists.over(view).around(0, len(view.text) - 1)))

    assert work(64_000) <= 8 * work(16_000) + 0.01


@pytest.mark.parametrize(
    ("source", "strings"),
    [
        ("help (me|us)", [" help me", " help us"]),
        ("[my] (big|old [grey]) dog", [f"{my} {dog} dog" for my in ("", " my") for dog in ("big", "old", "old grey")]),
        ("(a|b) (c|d) (e|f|g|h|i|j)", None),
        ("suicid*", None),
        ("pills ~ hand", None),
        ("^ help", None),
        ("my dog & my cat", None),
    ],
)
def test_a_pattern_is_spelled_out_where_its_strings_are_few(source: str, strings: list[str] | None) -> None:
    assert spelled_out(new_compiler().compile(source), 20) == (strings and sorted(strings))


@pytest.mark.parametrize("spoilt", ["self: [", "turns: []", "[]", "turns: []\nself_object: {en: ['(x'], es: []}"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, spoilt: str) -> None:
    path = tmp_path / "circumstances.yml"
    path.write_text(spoilt)
    with pytest.raises(CardError, match=r"circumstances\.yml"):
        read_circumstances(new_compiler(), path)


def test_its_words_repair_no_spelling() -> None:
    compiler = new_compiler()
    before = set(compiler.vocabulary)
    read_circumstances(compiler)
    assert compiler.vocabulary == before


@pytest.mark.parametrize(
    ("text", "context", "who", "when"),
    [
        ("my brother wants to kill himself right now", (), "other", "now"),
        ("ya me tomé las pastillas", (), "self", "now"),
        ("mi vecino dice que se va a matar hoy", (), "other", "days"),
        ("i tried to kill myself ten years ago", (), "self", "past"),
        ("kill myself tonight", ("i am going to",), "self", "days"),
    ],
)
def test_findings_carry_it(text: str, context: tuple[str, ...], who: str, when: str) -> None:
    [found, *_] = screen(text, context).findings
    assert (found.who, found.when) == (who, when)


def test_a_finding_of_the_net_tells_it_of_the_whole_text() -> None:
    said = "she went purple in the tub and wont answer to her name"
    found = [each for each in screen(said).findings if each.card_id.startswith("net.")]
    assert [each.who for each in found] == ["other"]


def test_a_fault_in_it_hides_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = assemble(screener().deck)

    def broken(*_: object) -> None:
        raise RuntimeError("made by the test")

    monkeypatch.setattr(subject._circumstances, "over", broken)
    answer = subject.screen("i took all my pills")
    assert answer.level is Level.EMERGENCY
    assert answer.findings[0].who == "unsaid"
    assert answer.not_screened is None
    assert subject.screen("can i talk to a person").level is Level.ROUTINE


def test_a_late_first_look_changes_nothing_of_what_is_told() -> None:
    said = "i want to die because my son cant breathe, help"
    calm = assemble(screener().deck)
    late = Screener(
        calm.deck, calm._scoper, calm._spelling, calm._matcher, once_late(), circumstances=calm._circumstances
    )
    told, wanted = late.screen(said), calm.screen(said)
    assert told.not_screened is None
    assert {each.card_id: (each.who, each.when) for each in told.findings} == {
        each.card_id: (each.who, each.when) for each in wanted.findings
    }
    assert "other" in {each.who for each in told.findings}


def once_late() -> Callable[[], float]:
    """A clock that jumps ahead once, late in the first look, as a pause of the garbage collector would."""
    ticks = chain(repeat(0.0, 12), [1.0], repeat(1.0))
    return lambda: next(ticks)


def test_of_a_sentence_over_two_messages_only_this_ones_words_are_set_aside() -> None:
    aside = screen("die today", ["i dont want to"]).set_aside
    assert [("die today"[each.start : each.end], each.words) for each in aside] == [("die", "die")]


@pytest.mark.parametrize(
    ("text", "verdict", "words"),
    [
        ("i dont want to die", "denied", "want to die"),
        ("no voy a suicidarme", "denied", "suicidarme"),
        ("did you see the movie where the guy says i want to kill myself", "reported", "want to kill myself"),
        ("lol im dying he never hit me", "laughed", "im dying"),
        ("me muero de hambre", "idiom", "me muero de hambre"),
    ],
)
def test_what_scoping_set_aside_is_told_as_typed(text: str, verdict: str, words: str) -> None:
    answer = screen(text)
    found = [each for each in answer.set_aside if each.verdict == verdict and words in each.words]
    assert found, answer
    assert all(text[each.start : each.end] == each.words for each in answer.set_aside)


def test_what_was_found_all_the_same_is_not_set_aside() -> None:
    answer = screen("i dont want to die, no wait, i want to die")
    assert {each.card_id for each in answer.findings}.isdisjoint(each.card_id for each in answer.set_aside)


def test_what_earlier_messages_set_aside_is_theirs() -> None:
    assert screen("i need a ride", ["i dont want to die"]).set_aside == ()


def test_at_most_eight_cards_are_told_each_once() -> None:
    jokes = [example.text for card in screener().deck.cards for example in card.fire if len(example.text) < 60]
    answer = screen("lol " + " lol ".join(jokes[:90])[:3900])
    ids = [each.card_id for each in answer.set_aside]
    assert len(ids) == 8
    assert len(ids) == len(set(ids))


def test_it_comes_back_from_where_it_is_stored() -> None:
    aside = SetAside("a.b", "not suicidal", 2, 14, "denied")
    found = Finding("c.d", Level.URGENT, "x", 0, 2, "ab", "why", "por qué", who="other", when="now")
    answer = Assessment(Level.URGENT, ("x",), (found,), version="v", set_aside=(aside,))
    assert Assessment.from_dict(answer.to_dict()) == answer


def test_rows_stored_before_are_read() -> None:
    stored = Assessment(Level.URGENT, ("x",), (Finding("c.d", Level.URGENT, "x", 0, 2, "ab", "", ""),)).to_dict()
    del stored["set_aside"], stored["findings"][0]["who"], stored["findings"][0]["when"]
    answer = Assessment.from_dict(stored)
    assert answer.set_aside == ()
    assert (answer.findings[0].who, answer.findings[0].when) == ("unsaid", "unsaid")


def test_no_level_depends_on_it() -> None:
    subject, without = (assemble(screener().deck) for _ in range(2))
    without._circumstances = None
    for card in subject.deck.cards:
        for example in (*card.fire, *card.silent):
            answer, plain = (each.screen(example.text, example.context) for each in (subject, without))
            told_of = tuple(replace(each, who="unsaid", when="unsaid") for each in answer.findings)
            assert (answer.level, told_of) == (plain.level, plain.findings)
