"""Whom help is for, which papers are missing and that there is no money: read only where it is said plainly."""

import pytest

from gateway.directory import whom


@pytest.mark.parametrize(
    ("text", "gender"),
    [
        ("I am a man and need a bed tonight", "men"),
        ("I'm a 45 year old man", "men"),
        ("im a homeless male, 52", "men"),
        ("Man, 45, looking for shelter", "men"),
        ("single dad of two here", "men"),
        ("soy un hombre de 40 años", "men"),
        ("soy padre soltero", "men"),
        ("I’m a woman", "women"),
        ("im a women w 2 kids", "women"),
        ("single mom needs diapers", "women"),
        ("soy mujer y no tengo donde dormir", "women"),
        ("Soy una señora de 70 años", "women"),
        ("soy mamá soltera", "women"),
        ("mujer busca albergue", "women"),
        ("I am a trans woman", "women"),
        ("I'm a woman, my husband hits me", "women"),
        ("soy mujer, estoy con mi hermana", "women"),
        ("shelter for my brother", "men"),
        ("my sister needs a place to sleep", "women"),
        ("comida para mi abuelita", "women"),
        ("mi hermano está en la calle", "men"),
        ("a bed for a man, he is 60", "men"),
        ("albergues para mujeres", "women"),
        ("is there any men's shelter", "men"),
    ],
)
def test_a_gender_is_heard(text: str, gender: str) -> None:
    assert whom.gender([text]) == gender


@pytest.mark.parametrize(
    "text",
    [
        "",
        "i need a bed",
        "my name is Maria",
        "soy Maria",
        "soy de Guatemala",
        "me and my husband need a place",
        "I am a man here with my wife",
        "mi esposo y yo buscamos albergue",
        "estoy con mi esposo",
        "shelter for my brother and me",
        "shelter for men and women",
        "food for my brother, a bed for my sister",
        "my husband is a man of few words",
        "i am with a man",
        "a man is following me",
        "where is the men's room",
        "i am not a man",
        "no soy hombre",
        "I'm a women's advocate",
        "my single mom raised me",
        "shelter for my son",
        "food for a friend",
        "i am a manager",
    ],
)
def test_in_doubt_there_is_no_gender(text: str) -> None:
    assert whom.gender([text]) is None


def test_what_was_said_last_goes_first() -> None:
    assert whom.gender(["I am a man", "94110", "food please"]) == "men"
    assert whom.gender(["I am a man", "it is for my sister"]) == "women"
    assert whom.gender(["I am a man", "it is for a friend"]) is None
    assert whom.gender(["soy mujer", "mi esposo y yo"]) is None


def test_who_asks_for_somebody_else_is_not_the_one_to_be_helped() -> None:
    assert whom.gender(["I am a man"], "other") is None
    assert whom.gender(["I am a man", "my sister needs a bed"], "other") == "women"
    assert whom.gender(["I am a man", "my sister needs a bed"], "self") == "men"


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        ("I have no ID", ("id",)),
        ("lost my id", ("id",)),
        ("they stole my photo ID", ("id",)),
        ("my id was stolen", ("id",)),
        ("i don't have any papers", ("id",)),
        ("no tengo identificación", ("id",)),
        ("comida sin papeles", ("id",)),
        ("perdí mis documentos", ("id",)),
        ("no proof of address", ("address",)),
        ("no tengo comprobante de domicilio", ("address",)),
        ("i dont have pay stubs", ("income",)),
        ("no insurance need 2 see dr", ("insurance",)),
        ("no tengo seguro médico", ("insurance",)),
        ("no ID and no insurance", ("id", "insurance")),
        ("I have id but no proof of address", ("address",)),
        ("i have id", ()),
        ("no, i have id", ()),
        ("tengo identificación", ()),
        ("no idea", ()),
        ("need an ID", ()),
        ("do i need id?", ()),
        ("no tengo seguro social", ()),
        ("no estoy seguro", ()),
        ("i dont have car insurance", ()),
        ("papeles de inmigracion", ()),
    ],
)
def test_papers_that_are_missing(text: str, papers: tuple[str, ...]) -> None:
    assert whom.lacks([text]) == papers


def test_papers_that_were_found_are_not_missing_any_more() -> None:
    assert whom.lacks(["no id and no insurance", "i found my id"]) == ("insurance",)
    assert whom.lacks(["tengo identificacion", "ya no tengo identificacion"]) == ("id",)


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("free clinic", True),
        ("is it free?", True),
        ("i can't pay", True),
        ("cant afford a dentist", True),
        ("im broke", True),
        ("we have no money", True),
        ("no insurance", True),
        ("clínica gratis", True),
        ("no tengo dinero", True),
        ("no puedo pagar", True),
        ("sin seguro", True),
        ("drug free housing", False),
        ("feel free to call", False),
        ("are you free tomorrow", False),
        ("my car broke down", False),
        ("i broke my leg", False),
        ("i have insurance", False),
        ("tengo dinero", False),
        ("", False),
    ],
)
def test_nothing_to_pay(text: str, free: bool) -> None:
    assert whom.nothing_to_pay([text]) is free


def test_a_long_text_is_read_at_once() -> None:
    assert whom.gender(["i am a single " * 2_000]) is None
    assert whom.lacks(["no any my all the " * 2_000]) == ()
