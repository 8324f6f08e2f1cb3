"""Codes that are drawn as words: needs, topics, kinds of danger, objects of a directory, without their underscores."""

from gateway.marking import N_

NEEDS = (
    N_("food"), N_("shelter"), N_("housing"), N_("utilities"), N_("health"), N_("dental"), N_("mental health"),
    N_("substance use"), N_("naloxone"), N_("hygiene"), N_("clothing"), N_("baby"), N_("benefits"), N_("legal"),
    N_("transport"), N_("jobs"), N_("domestic violence"), N_("youth"), N_("veterans"), N_("seniors"), N_("pets"),
    N_("storage"), N_("charging"), N_("weather centre"), N_("syringe pickup"), N_("welfare check"), N_("dispute"),
    N_("distress in public"), N_("about program"), N_("other"),
)  # fmt: skip
TOPICS = (
    N_("meals home"), N_("meals served"), N_("food pantry"), N_("food stamps"), N_("wic"), N_("shelter emergency"),
    N_("transitional housing"), N_("affordable housing"), N_("rent help"), N_("eviction"), N_("tenants"),
    N_("foreclosure"), N_("fair housing"), N_("home repair"), N_("furniture"), N_("utility bills"),
    N_("internet phone"), N_("cash help"), N_("public benefits"), N_("social security"), N_("unemployment"),
    N_("pension"), N_("health insurance"), N_("taxes"), N_("debt"), N_("bankruptcy"), N_("budgeting"), N_("car loan"),
    N_("small loan"), N_("id documents"), N_("primary care"), N_("dental care"), N_("vision"), N_("hearing"),
    N_("vaccines"), N_("tb test"), N_("prescriptions"), N_("pregnancy"), N_("reproductive health"), N_("hiv"),
    N_("cancer"), N_("diabetes"), N_("physical therapy"), N_("nutrition"), N_("hospice"), N_("counseling"),
    N_("grief"), N_("support group"), N_("suicide crisis"), N_("rehab residential"), N_("addiction"), N_("detox"),
    N_("twelve step"), N_("smoking"), N_("gambling"), N_("child care"), N_("baby supplies"), N_("parenting"),
    N_("visitation"), N_("custody"), N_("child support"), N_("divorce"), N_("guardianship"), N_("child welfare"),
    N_("mentoring"), N_("tutoring"), N_("after school"), N_("school supplies"), N_("school fees"),
    N_("special education"), N_("toys"), N_("library"), N_("literacy"), N_("english class"), N_("ged"),
    N_("computer class"), N_("job training"), N_("job search"), N_("arts classes"), N_("exercise"), N_("recreation"),
    N_("meeting room"), N_("volunteer"), N_("adult day"), N_("dementia"), N_("caregiver"), N_("home care"),
    N_("senior center"), N_("nursing home"), N_("disability"), N_("immigration"), N_("asylum"), N_("daca"),
    N_("immigrant children"), N_("farmworkers"), N_("work rights"), N_("discrimination"), N_("hate crime"),
    N_("domestic violence help"), N_("order of protection"), N_("crime victims"), N_("criminal records"),
    N_("juvenile"), N_("criminal defense"), N_("prison"), N_("reentry"), N_("traffic tickets"), N_("small claims"),
    N_("court forms"), N_("name change"), N_("wills"), N_("lawyer referral"), N_("legal aid"), N_("mediation"),
    N_("environment"), N_("small business"), N_("nonprofits"), N_("artists"), N_("homeless people"),
    N_("youth people"), N_("children people"), N_("mothers"), N_("fathers"), N_("lgbtq"), N_("low income"),
    N_("spanish speaking"), N_("hotline"), N_("online help"), N_("showers"), N_("bus passes"), N_("rides"),
    N_("pet care"), N_("case management"), N_("spiritual"), N_("burial"), N_("disaster"), N_("clothes"),
    N_("translation"),
    N_("meals children"), N_("meals seniors"), N_("breastfeeding"), N_("holiday food"), N_("youth shelter"),
    N_("foster youth"), N_("home buying"), N_("wells septic"), N_("hoarding"), N_("pests"), N_("heating repair"),
    N_("heating fuel"), N_("fraud"), N_("medical equipment"), N_("blindness"), N_("chronic illness"),
    N_("cancer screening"), N_("postpartum"), N_("anger management"), N_("psychiatry"), N_("family of ill"),
    N_("syringe services"), N_("car seats"), N_("early intervention"), N_("foster adoption"), N_("kin caregivers"),
    N_("devices"), N_("youth jobs"), N_("older workers"), N_("while at work"), N_("yard work"), N_("companion calls"),
    N_("elder abuse"), N_("communication aids"), N_("dui classes"), N_("gardens"), N_("lead"), N_("street vendors"),
    N_("laundry"), N_("car repair"), N_("mail address"), N_("who to call"), N_("missing people"), N_("home access"),
    N_("immigration raids"), N_("tattoo removal"), N_("city works"), N_("animal control"), N_("lost pet"),
    N_("pet adoption"), N_("towed car"), N_("voting"), N_("moving help"), N_("giving"), N_("outages"),
    N_("property tax"), N_("school enrollment"), N_("police report"), N_("smoke alarms"), N_("cooling warming"),
)  # fmt: skip
DANGERS = (
    N_("suicide"), N_("self harm"), N_("overdose"), N_("medical"), N_("poison"), N_("withdrawal"), N_("violence"),
    N_("threat"), N_("partner violence"), N_("sexual assault"), N_("trafficking"), N_("child"), N_("elder"),
    N_("person"), N_("psychosis"), N_("distress"), N_("exposure"), N_("fire"), N_("gas"), N_("flood"), N_("unclear"),
)  # fmt: skip
SAID_BY = (N_("bot"), N_("resident"), N_("responder"), N_("provider"))
OBJECTS = (
    N_("organization"), N_("service"), N_("location"), N_("service at location"), N_("address"), N_("phone"),
    N_("schedule"), N_("cost option"), N_("language"), N_("required document"), N_("accessibility"), N_("taxonomy"),
    N_("taxonomy term"), N_("attribute"), N_("contact"), N_("service area"), N_("program"), N_("url"), N_("metadata"),
)  # fmt: skip
ANSWERS = (N_("yes"), N_("no"), N_("themselves"), N_("someone else"), N_("not answered"), N_("now"), N_("today"),
           N_("tonight"), N_("tomorrow"), N_("public"))  # fmt: skip
