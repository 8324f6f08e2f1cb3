"""Codes that are drawn as words: needs, kinds of danger, objects of a directory, without their underscores."""

from gateway.marking import N_

NEEDS = (
    N_("food"), N_("shelter"), N_("housing"), N_("utilities"), N_("health"), N_("dental"), N_("mental health"),
    N_("substance use"), N_("naloxone"), N_("hygiene"), N_("clothing"), N_("baby"), N_("benefits"), N_("legal"),
    N_("transport"), N_("jobs"), N_("domestic violence"), N_("youth"), N_("veterans"), N_("seniors"), N_("pets"),
    N_("storage"), N_("charging"), N_("weather centre"), N_("syringe pickup"), N_("welfare check"), N_("dispute"),
    N_("distress in public"), N_("about program"), N_("other"),
)  # fmt: skip
DANGERS = (
    N_("suicide"), N_("self harm"), N_("overdose"), N_("medical"), N_("poison"), N_("withdrawal"), N_("violence"),
    N_("threat"), N_("partner violence"), N_("sexual assault"), N_("trafficking"), N_("child"), N_("elder"),
    N_("psychosis"), N_("distress"), N_("exposure"), N_("fire"), N_("gas"), N_("flood"),
)  # fmt: skip
OBJECTS = (
    N_("organization"), N_("service"), N_("location"), N_("service at location"), N_("address"), N_("phone"),
    N_("schedule"), N_("cost option"), N_("language"), N_("required document"), N_("accessibility"), N_("taxonomy"),
    N_("taxonomy term"), N_("attribute"), N_("contact"), N_("service area"), N_("program"), N_("url"), N_("metadata"),
)  # fmt: skip
ANSWERS = (N_("yes"), N_("no"), N_("themselves"), N_("someone else"), N_("not answered"), N_("now"), N_("today"),
           N_("tonight"), N_("tomorrow"), N_("public"))  # fmt: skip
