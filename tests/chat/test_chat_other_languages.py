"""A web visitor who writes a third language gets its line at once, marked as what it is for those who hear pages."""

from gateway import strangers, texts
from tests.chat.conftest import Visitor

TEXT = "мне нужна еда для детей"
NOBODY = [texts.say("interpreter_asked_nobody_on_shift", code) for code in ("en", "es")]


def test_the_line_is_in_the_answer_and_in_the_history_in_its_own_language(visitor: Visitor) -> None:
    now = visitor.write(TEXT)["replies"]
    later = [each for each in visitor.history() if each["author"] == "system"]
    for said in (now, later):
        assert [each["text"] for each in said] == [strangers.lines()["ru"].nobody_on_shift, *NOBODY]
        assert [each["language"] for each in said] == ["ru", "en", "es"]
        assert not any(each["alert"] for each in said)
