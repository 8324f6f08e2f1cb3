"""The states of ``tools.widget_states`` in which a visitor is kept waiting, is away, or something went wrong."""

from collections.abc import Callable

from playwright.sync_api import expect

from tools.widget_stage import HUNGRY, OPEN, PERSON, RECEIVED, Stage, both

LINE = both("I am looking for it. One moment, please.", "Lo estoy buscando. Un momento, por favor.")
MORE_THAN_FITS = 12


def unread(stage: Stage) -> None:
    stage.page.goto(f"{stage.url}/?language={stage.language}")
    stage.page.get_by_role("button", name=OPEN[stage.language]).click()
    frame = stage.page.frame_locator("iframe")
    frame.locator("#input").fill(HUNGRY[stage.language])
    frame.locator("#input").press("Enter")
    expect(frame.locator(".resident .state")).to_have_text(RECEIVED[stage.language])
    frame.locator("#close").click()
    stage.say(PERSON[stage.language], "responder")
    expect(stage.page.locator("front-door-chat .news")).to_have_text("1")


def newer(stage: Stage) -> None:
    stage.wrote()
    for _ in range(MORE_THAN_FITS):
        stage.say(LINE[stage.language])
    expect(stage.page.locator(".message.bot")).to_have_count(MORE_THAN_FITS)
    stage.page.locator("#log").evaluate("log => (log.scrollTop = 0)")
    stage.say(PERSON[stage.language], "responder")
    expect(stage.page.locator("#newer")).to_be_visible()


def too_long(stage: Stage) -> None:
    stage.alone()
    stage.page.locator("#input").fill(" ".join([HUNGRY[stage.language]] * 65))
    stage.page.locator("#input").press("Enter")
    expect(stage.page.locator("#input")).to_have_attribute("aria-invalid", "true")
    expect(stage.page.locator("#count")).not_to_be_empty()


def refused(stage: Stage) -> None:
    stage.alone()
    stage.page.route("**/chat/messages", lambda route: route.fulfill(status=400, json={"error": "bad_request"}))
    stage.write(HUNGRY)
    expect(stage.page.locator(".resident .state")).to_have_attribute("data-word", "refused")


def slow(stage: Stage) -> None:
    stage.page.clock.install()
    stage.wrote()
    stage.page.clock.fast_forward("00:21")
    expect(stage.page.locator("#status")).to_have_attribute("data-word", "slow")


def still_there(stage: Stage) -> None:
    stage.page.clock.install()
    stage.wrote()
    stage.page.clock.fast_forward("29:00")
    expect(stage.page.locator("#still button")).to_be_visible()


def ended(stage: Stage) -> None:
    still_there(stage)
    stage.page.clock.fast_forward("02:01")
    expect(stage.page.locator("#status")).to_have_attribute("data-word", "ended")
    expect(stage.page.locator(".message")).to_have_count(0)


def script_lost(stage: Stage) -> None:
    stage.page.route("**/chat.js", lambda route: route.abort())
    stage.page.goto(f"{stage.url}/chat/frame?language={stage.language}")
    expect(stage.page.locator("#leave")).to_be_visible()
    expect(stage.page.get_by_role("log")).to_have_attribute("aria-busy", "true")


TROUBLES: dict[str, tuple[str, Callable[[Stage], None]]] = {
    "unread": ("Shut, and somebody wrote", unread),
    "newer": ("Scrolled up, and somebody wrote", newer),
    "too-long": ("Too long to send", too_long),
    "refused": ("Refused by the server", refused),
    "slow": ("The answer takes long", slow),
    "still-there": ("Nobody used it for 28 minutes", still_there),
    "ended": ("Ended on a shared device", ended),
    "script-lost": ("Scripts are on, and ours did not come", script_lost),
}
