"""Hints for whoever writes to a resident: words that put people down, sentences that are hard to read, the wrong
language. They advise and never block: who writes knows the person, these rules do not.

Sources: the wording standard (person-first; "died by suicide"; "said no" for "refused"), Flesch-Kincaid for English,
Szigriszt-Pazos (1993) on the INFLESZ scale for Spanish, where below 55 is "somewhat difficult" (Barrio-Cantalejo 2008).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway import language as languages

HARDEST_GRADE = 8
LEAST_EASE = 55
FEWEST_WORDS = 10  # fewer say nothing of how hard they are
FEWEST_HEARD = 4  # with fewer words no language is heard
WORD, HARD, LANGUAGE, FORMAL = "word", "hard", "language", "formal"


@dataclass(frozen=True)
class Hint:
    """One thing to look at: of which kind, the words that it is about, and what may be said instead."""

    kind: str
    words: str = ""
    instead: str = ""


# What puts people down, and what is said instead; in each language its own.
BETTER = {
    "en": (
        (r"(drug )?addicts?|(drug )?abusers?|junkies?", "a person who uses drugs"),
        (r"alcoholics?", "a person who drinks"),
        (r"drug abuse|substance abuse", "drug use"),
        (r"(get|got|been|stay|stayed|are you) clean", "not using drugs"),
        (r"dirty (needles?|tests?|urine)", "used; tested positive"),
        (r"(the )?homeless( people| person| man| woman)?", "a person without housing"),
        (r"commit(s|ted|ting)? suicide", "died by suicide; thinks of suicide"),
        (r"refus(e|es|ed|ing)", "said no"),
        (r"non-?complian(t|ce)", "did not do it, and what kept them"),
        (r"frequent flyers?", "familiar neighbors"),
        (r"crazy|insane|psychos?", "what was seen or said"),
        (r"illegals?|illegal (aliens?|immigrants?)", "a person without papers"),
        (r"victims?", "the person who was hurt"),
    ),
    "es": (
        (r"adict[oa]s?|drogadict[oa]s?|drogad[oa]s?", "una persona que usa drogas"),
        (r"alcohólic[oa]s?|borrach[oa]s?", "una persona que bebe"),
        (r"indigentes?|vagabund[oa]s?", "una persona sin vivienda"),
        (r"se suicid(ó|a|e)|suicidarse|cometer suicidio|cometió suicidio", "murió por suicidio; piensa en el suicidio"),
        (r"loc[oa]s?", "lo que se vio o se dijo"),
        (r"ilegal(es)?", "una persona sin papeles"),
        (r"víctimas?", "la persona a quien lastimaron"),
        (r"se (negó|niega|rehusó)", "dijo que no"),
    ),
}
# Only what can be nothing but tú or vos: "busca" and "llama" are also what somebody else does.
TO_A_FRIEND = r"tú|te|ti|contigo|tus?|tienes|puedes|puedas|quieres|necesitas|estás|eres|sabes|dinos|escríbenos|vos"


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


_BETTER = {code: [(_whole(words), instead) for words, instead in listed] for code, listed in BETTER.items()}
_TO_A_FRIEND = _whole(TO_A_FRIEND)


def hints(text: str, language: str | None) -> list[Hint]:
    """What may be said better in a reply. ``language`` is what the resident writes, None where that is not known."""
    heard = languages.detect(text).lang if len(text.split()) >= FEWEST_HEARD else language
    written = heard if heard in _BETTER else language
    found = [*_words(text), *_hard(text, written)]
    if written == "es" and (friend := _TO_A_FRIEND.search(text)):
        found.append(Hint(FORMAL, friend.group(), "usted"))
    if language in _BETTER and written != language:
        found.append(Hint(LANGUAGE, written or "", language or ""))
    return found


def _words(text: str) -> Iterator[Hint]:
    """Each listed word once, of both languages: a sentence in Spanish may hold an English one."""
    said: set[str] = set()
    for listed in _BETTER.values():
        for pattern, instead in listed:
            found = pattern.search(text)
            if found and found.group().casefold() not in said:
                said.add(found.group().casefold())
                yield Hint(WORD, found.group(), instead)


def _hard(text: str, language: str | None) -> Iterator[Hint]:
    if len(text.split()) < FEWEST_WORDS:
        return
    if (language == "en" and grade(text) > HARDEST_GRADE) or (language == "es" and szigriszt(text) < LEAST_EASE):
        yield Hint(HARD)


def sentences(words: str) -> str:
    """Lines become sentences and numbers become words, as they are read aloud."""
    spoken = re.sub(r"[\d-]{3,}", "one", words)
    return ". ".join(line.strip().rstrip(".:") for line in spoken.splitlines()) + "."


def grade(words: str) -> float:
    """Flesch-Kincaid grade of English: 0.39 words/sentences + 11.8 syllables/words - 15.59; 0 for no words."""
    plain = sentences(words).lower()
    found = re.findall(r"[a-z']+", plain)
    if not found:
        return 0.0
    syllables = sum(_english_syllables(word) for word in found)
    return 0.39 * len(found) / _ends(plain) + 11.8 * syllables / len(found) - 15.59


def szigriszt(words: str) -> float:
    """Perspicuity after Szigriszt-Pazos (1993): 206.835 - 62.3 syllables/words - words/sentences; 100 for no words."""
    plain = sentences(words).lower()
    found = re.findall(r"[^\W\d_]+", plain)
    if not found:
        return 100.0
    # Two strong vowels side by side are two syllables, and so is an accented weak one beside another.
    runs = [run for word in found for run in re.findall("[aeoáéóiuüíúy]+", word)]
    syllables = sum(max(1, sum(letter in "aeoáéóíú" for letter in run)) for run in runs)
    return 206.835 - 62.3 * syllables / len(found) - len(found) / _ends(plain)


def _ends(plain: str) -> int:
    return max(1, len(re.findall(r"[.!?:]+(?:\s|$)", plain)))


def _english_syllables(word: str) -> int:
    """Runs of vowels, without a silent e at the end; "ed" sounds only after t and d."""
    plain = re.sub(r"(?:[^laeiouy]es|[^tdaeiouy]ed|[^laeiouy]e)$", "", word.replace("'", ""))
    return max(1, len(re.findall(r"[aeiouy]+", plain)))
