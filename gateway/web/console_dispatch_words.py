"""What the console calls mobile teams; beside :mod:`gateway.web.console_words`."""

from gateway.marking import N_
from gateway.web import console_words

STATES = {
    "drafted": N_("Being prepared, not sent"),
    "assigned": N_("Asked, no answer yet"),
    "unanswered": N_("Does not answer"),
    "accepted": N_("Said yes"),
    "en_route": N_("On the way"),
    "on_scene": N_("There"),
    "transport": N_("Taking somebody"),
    "clear": N_("Done"),
    "cancelled": N_("Called off"),
    "declined": N_("Said no"),
}
CONSENTS = {
    "given": N_("They said yes"),
    "refused": N_("They said no"),
    "no_answer": N_("Asked, no answer yet"),
    "not_asked": N_("Not asked"),
}
PRECISIONS = {"exact": N_("Exact"), "near": N_("Near there"), "area": N_("Only the area is known")}
FLAGS = {
    "weapon": N_("A weapon"),
    "violence": N_("Violence"),
    "dog": N_("A dog"),
    "crowd": N_("A crowd"),
    "traffic": N_("Traffic"),
    "dark": N_("A dark place"),
    "stairs": N_("Stairs"),
    "infection": N_("Something catching"),
    "needles": N_("Needles"),
}
NEEDS = {
    "welfare_check": N_("See if somebody is OK"),
    "distress_in_public": N_("Somebody in a bad way outside"),
    "syringe_pickup": N_("Pick up needles"),
}
OVERRIDES = {
    "scene_checked": N_("Somebody has checked that it is safe"),
    "others_with_them": N_("Somebody who can protect them goes too"),
    "answer_wrong": N_("The answer turned out to be wrong"),
    "nobody_else": N_("Nobody else can go, and waiting is worse"),
}
LANGUAGES = {"en": N_("English"), "es": N_("Spanish")}
ANSWERS = {"yes": N_("Yes"), "no": N_("No"), "unknown": N_("Not known")}
STEPS = {
    "draft": N_("Prepared"),
    "edit": N_("Changed"),
    "send": N_("Team asked"),
    "miss": N_("Team did not answer in time"),
    "accept": N_("Team said yes"),
    "decline": N_("No to the team"),
    "go": N_("On the way"),
    "arrive": N_("There"),
    "transport": N_("Taking somebody"),
    "destination": N_("Arrived with them"),
    "clear": N_("Done"),
    "cancel": N_("Called off"),
    "seen": N_("Team saw the changes"),
    "more_help": N_("Team asked for more help"),
    "check_in": N_("Team is OK"),
    "not_heard": N_("Team not heard of"),
    "sos": N_("SOS"),
    "sos_again": N_("SOS rang again"),
    "safe": N_("SOS ended: they are safe"),
    "not_left": N_("Team has not left"),
    "done": N_("Team told us that it is done"),
    "noted": N_("Somebody looks after it"),
    "untold": N_("The resident could not be told"),
    "outside_missed": N_("The town's own system does not hear us"),
    "outside_heard": N_("The town's own system has all of it again"),
}
UNTOLD = {
    "dispatch_not_coming": N_("that the team does not come"),
    "dispatch_place_changed": N_("that the team has a new place"),
}
NO_TEXTS = {
    "opted_out": N_("they want no more texts."),
    "not_safe_to_text": N_("they said that texts are not safe."),
}
SUPPLIES = {
    "water": N_("water"),
    "food": N_("food"),
    "blanket": N_("blanket"),
    "clothes": N_("clothes"),
    "hygiene": N_("hygiene kit"),
    "naloxone": N_("naloxone"),
    "first_aid": N_("first aid"),
    "ride": N_("a ride"),
}
FIELDS = {
    "team": N_("Team"),
    "place": N_("Place"),
    "place_confirmed": N_("place confirmed"),
    "place_precision": N_("how exact"),
    "consent": N_("leave"),
    "consent_reason": N_("reason"),
    "checklist": N_("checklist"),
    "reason_codes": N_("why all the same"),
    "roles_wanted": N_("roles"),
    "needs": N_("asked for"),
    "safety_flags": N_("watch out for"),
    "people": N_("people"),
    "languages": N_("languages"),
    "what_to_know": N_("what to know"),
}
BY = {"responder": N_("responder"), "team": N_("team"), "system": N_("the clock"), "resident": N_("the resident")}
DISPOSITIONS = {
    "helped": N_("They got help there"),
    "declined": N_("They did not want help"),
    "not_found": N_("Nobody was found"),
    "taken_to_care": N_("Taken to care or shelter"),
    "handed_to_911": N_("Handed to 911"),
    "other": N_("Something else"),
}
TEAM_ALARMS = {
    "sos": N_("SOS from a team: call them now"),
    "no_answer": N_("A team does not answer"),
    "not_heard": N_("A team has not checked in"),
    "not_left": N_("A team said yes and has not left"),
    "more_help": N_("A team asks for more help: call them"),
    "said_no": N_("A team said no: who goes now?"),
    "untold": N_("The resident could not be told what changed about the team: find another way"),
    "outside_missed": N_("The town's own system has not heard what changed about a team: tell them"),
}
PROBLEMS = {
    "dispatch_moved": N_("Nothing was changed: somebody, or the team, went on with it. Look, then try again."),
    "place_missing": N_("Not sent: a team needs a place to go to."),
    "leave_missing": N_(
        "Not sent: the place is not confirmed, or they did not say yes. Say why it is sent all the same."
    ),
    "checklist_open": N_("Not sent: answer each question of the checklist first."),
    "checklist_refuses": N_(
        "Not sent: an answer of the checklist speaks against it. A supervisor can send it, and says why."
    ),
    "team_has_nobody": N_("Not sent: nobody of that team can be reached."),
    "team_not_out": N_("Not sent: that team does not work at this hour."),
    "dispatch_field": N_("Nothing was kept: something chosen is on no list, or cannot be changed any more."),
}
REFUSALS = {
    "no_such_dispatch": N_("There is no such dispatch."),
    "not_yours_to_send": N_("Somebody else has this thread: ask them, or a supervisor. Nothing was changed."),
    "no_such_team": N_("The town has no such team. Nothing was changed."),
}

ACTS = {
    "dispatch_draft": N_("Team: prepared"),
    "dispatch_edit": N_("Team: changed"),
    "dispatch_send": N_("Team: asked"),
    "dispatch_miss": N_("Team: no answer in time"),
    "dispatch_accept": N_("Team: said yes"),
    "dispatch_decline": N_("Team: no"),
    "dispatch_go": N_("Team: on the way"),
    "dispatch_arrive": N_("Team: there"),
    "dispatch_transport": N_("Team: taking somebody"),
    "dispatch_destination": N_("Team: arrived with them"),
    "dispatch_clear": N_("Team: done"),
    "dispatch_cancel": N_("Team: called off"),
    "dispatch_seen": N_("Team: saw the changes"),
    "dispatch_more_help": N_("Team: asked for more help"),
    "dispatch_check_in": N_("Team: is OK"),
    "dispatch_not_heard": N_("Team: not heard of"),
    "dispatch_sos": N_("Team: SOS"),
    "dispatch_sos_again": N_("Team: SOS rang again"),
    "dispatch_safe": N_("Team: SOS ended"),
    "dispatch_not_left": N_("Team: has not left"),
    "dispatch_done": N_("Team: told us that it is done"),
    "dispatch_noted": N_("Team: somebody looks after it"),
    "dispatch_untold": N_("Team: the resident could not be told"),
    "dispatch_outside_missed": N_("Team: the town's own system does not hear us"),
    "dispatch_outside_heard": N_("Team: the town's own system has all of it again"),
}
console_words.ACTS.update(ACTS)
console_words.REFUSALS.update(REFUSALS)
console_words.PROBLEMS["team_is_out"] = N_("Not closed: a team is asked, on its way or there. Call it off or wait.")
console_words.PROBLEMS["team_sos"] = N_(
    "Not closed: a team pressed SOS. Speak with them, then end the SOS on its page."
)

WORDS = {
    "states": STATES, "consents": CONSENTS, "precisions": PRECISIONS, "flags": FLAGS, "needs": NEEDS,
    "overrides": OVERRIDES, "languages": LANGUAGES, "answers": ANSWERS, "steps": STEPS, "fields": FIELDS, "by": BY,
    "dispositions": DISPOSITIONS, "alarms": TEAM_ALARMS, "problems": PROBLEMS, "untold": UNTOLD, "no_texts": NO_TEXTS,
    "supplies": SUPPLIES,
}  # fmt: skip
"""All of it, as the templates of this page know it: ``teams``."""
