"""What the pages of accounts and people say, for the people who work in the console."""

from gateway.marking import N_

STRENGTHS = {
    "password": N_("by password alone"),
    "totp": N_("by password and app"),
    "passkey": N_("by passkey"),
    "recovery": N_("by password and a code on paper"),
    "oidc": N_("by the town's log-in"),
}
ROLES = {
    "responder": N_("Responder"),
    "supervisor": N_("Supervisor"),
    "directory_editor": N_("Directory editor"),
    "admin": N_("Admin"),
}
ROLE_HINTS = {
    "responder": N_("Answers residents."),
    "supervisor": N_("Answers residents, and helps those who do."),
    "directory_editor": N_("Keeps the directory right, and reads nothing that residents wrote."),
    "admin": N_("As a supervisor, and says who may work here."),
}
DONE = {
    "app": N_("Your app is set up. From now on a log-in asks for its code."),
    "app_removed": N_("The app is not used any more."),
    "passkey": N_("Your passkey is set up. You can log in with it alone."),
    "passkey_removed": N_("The passkey is not used any more."),
    "ended": N_("Logged out there."),
    "password": N_("Your password is changed. Every other log-in has ended."),
    "phone": N_("Your phone is set up. You can be paged there."),
    "phone_removed": N_("Your phone is not used any more."),
    "language": N_("Your language is set."),
    "role": N_("The role is changed. It holds from their next click on."),
    "deactivated": N_("This person cannot log in any more."),
    "activated": N_("This person can log in again."),
    "logged_out": N_("Logged out everywhere. Their open pages lock within seconds."),
    "withdrawn": N_("The link is worth nothing any more."),
}
PROBLEMS = {
    "app_wrong": N_("That was not the code. Look at the app and try again: each code holds for 30 seconds."),
    "app_late": N_("This took too long, or there were too many tries. Begin again."),
    "last_factor": N_("Nothing was changed: this is your last second step. Set another one up first."),
    "wrong_log_in": N_("Nothing was changed: the old password is not right."),
    "password_length": N_("A password has 12 to 256 characters. Nothing was changed."),
    "bad_phone": N_("This is no phone number. Nothing was changed."),
    "phone_taken": N_("A colleague has this number. Nothing was changed."),
    "phone_wrong": N_("That was not the code. Try again."),
    "phone_late": N_("This took too long, or there were too many tries. Have a new code sent."),
    "unknown_role": N_("Choose a role. Nothing was changed."),
    "bad_email": N_("This is no email address. Nobody was invited."),
    "no_name": N_("Nobody was invited: the name is missing."),
    "email_taken": N_("Somebody with this email works here already, or did. Nobody was invited."),
    "not_oneself": N_("Nobody changes their own role or ends their own time here. Ask another admin."),
    "last_admin": N_("Nothing was changed: there must be one admin at least."),
    "no_such_person": N_("There is no such person. Nothing was changed."),
    "no_such_invitation": N_("This link is worth nothing any more."),
}
WORDS = {
    "strengths": STRENGTHS, "roles": ROLES, "role_hints": ROLE_HINTS, "done": DONE, "problems": PROBLEMS,
}  # fmt: skip
